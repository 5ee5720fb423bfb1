import { join } from "node:path";
import { BgeError } from "../api/errors.js";
import type { ImageSettings } from "../api/multimodal.js";
import { corruptFile, isRecord, type Json, readJsonObject } from "./json-file.js";

const FILE = "preprocessor_config.json";
/** Pillow's number of the bicubic filter, the only one that is implemented. */
const BICUBIC = 3;
/** Far above the input of any CLIP model. */
const MOST_PIXELS = 4096;
const STEPS = ["do_convert_rgb", "do_resize", "do_center_crop", "do_rescale", "do_normalize"];

/**
 * Reads a folder's `preprocessor_config.json`, which says how the model was trained to see pictures. Whatever would change a pixel
 * and is not CLIP's way is rejected.
 *
 * @throws BgeError `MODEL_NOT_FOUND`, `MODEL_CORRUPT`, `UNSUPPORTED_MODEL`
 */
export function readImageSettings(directory: string): ImageSettings {
  const file = join(directory, FILE);
  const config = readJsonObject(file);
  if (config === undefined) {
    throw new BgeError("MODEL_NOT_FOUND", `${file} does not exist; it says how the model's pictures are prepared.`, {
      parameter: "model",
    });
  }
  const refuse = (name: string, wanted: string) =>
    new BgeError("UNSUPPORTED_MODEL", `${file}: ${name} is ${JSON.stringify(config[name])}; supported is ${wanted}.`);
  for (const name of STEPS) if (config[name] !== undefined && config[name] !== true) throw refuse(name, "true");
  if (config["do_pad"] === true) throw refuse("do_pad", "false");
  if (config["resample"] !== undefined && config["resample"] !== BICUBIC) throw refuse("resample", `${BICUBIC}`);
  const { rescale_factor: factor = 1 / 255 } = config;
  if (typeof factor !== "number" || Math.abs(factor - 1 / 255) > 1e-12) throw refuse("rescale_factor", "1/255");
  const edge = shortestEdge(config);
  if (edge === undefined) throw refuse("size", '{ "shortest_edge": pixels }');
  const size = square(config["crop_size"]);
  if (size === undefined || size > edge) throw refuse("crop_size", "a square no larger than the resized picture");
  return { edge, size, mean: three(config, "image_mean", file), std: three(config, "image_std", file) };
}

function shortestEdge({ size }: Json): number | undefined {
  return pixels(isRecord(size) && Object.keys(size).length === 1 ? size["shortest_edge"] : size);
}

function square(size: unknown): number | undefined {
  if (!isRecord(size)) return pixels(size);
  return size["height"] === size["width"] ? pixels(size["height"]) : undefined;
}

function pixels(value: unknown): number | undefined {
  return Number.isInteger(value) && (value as number) > 0 && (value as number) <= MOST_PIXELS
    ? (value as number)
    : undefined;
}

function three(config: Json, name: string, file: string): [number, number, number] {
  const value = config[name];
  const good = Array.isArray(value) && value.length === 3 && value.every((one) => Number.isFinite(one));
  if (!good || (name === "image_std" && value.includes(0))) throw corruptFile(file, `${name} must be three numbers`);
  return value as [number, number, number];
}
