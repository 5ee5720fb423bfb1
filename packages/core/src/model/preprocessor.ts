import { join } from "node:path";
import { BgeError } from "../api/errors.js";
import { corruptFile, isRecord, type Json, readJsonObject } from "./json-file.js";

const FILE = "preprocessor_config.json";
/** Pillow's number of the bicubic filter, the only one that is implemented. */
const BICUBIC = 3;
/** Far above the input of any model. */
const MOST_PIXELS = 4096;
/** Steps of every family. */
const STEPS = ["do_convert_rgb", "do_resize", "do_rescale", "do_normalize"];

/** A folder's `preprocessor_config.json`, which says how the model was trained to see pictures. */
export interface Preprocessor {
  readonly file: string;
  readonly config: Json;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  refuse(name: string, wanted: string): BgeError;
}

/**
 * Reads a folder's `preprocessor_config.json` and rejects whatever would change a pixel and is in no family's way.
 *
 * @param steps those that the family has beside the common ones, and whether it takes them
 * @throws BgeError `MODEL_NOT_FOUND`, `MODEL_CORRUPT`, `UNSUPPORTED_MODEL`
 */
export function readPreprocessor(directory: string, steps: Readonly<Record<string, boolean>> = {}): Preprocessor {
  const file = join(directory, FILE);
  const config = readJsonObject(file);
  if (config === undefined) {
    throw new BgeError("MODEL_NOT_FOUND", `${file} does not exist; it says how the model's pictures are prepared.`, {
      parameter: "model",
    });
  }
  const refuse = (name: string, wanted: string) =>
    new BgeError("UNSUPPORTED_MODEL", `${file}: ${name} is ${JSON.stringify(config[name])}; supported is ${wanted}.`);
  const wanted = { ...Object.fromEntries(STEPS.map((name) => [name, true])), ...steps };
  for (const [name, value] of Object.entries(wanted)) {
    if (config[name] !== undefined && config[name] !== null && config[name] !== value) throw refuse(name, `${value}`);
  }
  if (config["resample"] !== undefined && config["resample"] !== BICUBIC) throw refuse("resample", `${BICUBIC}`);
  const { rescale_factor: factor = 1 / 255 } = config;
  if (typeof factor !== "number" || Math.abs(factor - 1 / 255) > 1e-12) throw refuse("rescale_factor", "1/255");
  return { file, config, refuse, mean: three(config, "image_mean", file), std: three(config, "image_std", file) };
}

export function shortestEdge({ size }: Json): number | undefined {
  return pixels(isRecord(size) && Object.keys(size).length === 1 ? size["shortest_edge"] : size);
}

export function square(size: unknown): number | undefined {
  if (!isRecord(size)) return pixels(size);
  return size["height"] === size["width"] ? pixels(size["height"]) : undefined;
}

export function pixels(value: unknown, most = MOST_PIXELS): number | undefined {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) <= most ? (value as number) : undefined;
}

function three(config: Json, name: string, file: string): [number, number, number] {
  const value = config[name];
  const good = Array.isArray(value) && value.length === 3 && value.every((one) => Number.isFinite(one));
  if (!good || (name === "image_std" && value.includes(0))) throw corruptFile(file, `${name} must be three numbers`);
  return value as [number, number, number];
}
