import { join } from "node:path";
import { invalid } from "../api/errors.js";
import type { PatchSettings, TileSettings, VisionSettings } from "../api/image-settings.js";
import type { EmbeddingSpec } from "../api/model.js";
import { corruptFile, isRecord, type Json, readJsonObject } from "./json-file.js";
import { pixels, readPreprocessor, shortestEdge, square } from "./preprocessor.js";

/** The families of vision language models, by architecture: how each folder's files say how pictures are prepared. */
const FAMILIES: Readonly<
  Partial<Record<EmbeddingSpec["architecture"], (directory: string, most: number) => VisionSettings>>
> = {
  llava_next: readTileSettings,
  qwen2_5_vl: readPatchSettings,
};

/** True for models that read pictures of any size, up to a limit above which they are scaled. */
export function scalesPictures({ architecture }: EmbeddingSpec): boolean {
  return architecture === "qwen2_5_vl";
}

/**
 * Reads how the pictures of a vision language model are prepared.
 *
 * @throws BgeError `MODEL_NOT_FOUND`, `MODEL_CORRUPT`, `UNSUPPORTED_MODEL`; `undefined` for architectures of no such family
 */
export function readVisionSettings(
  directory: string,
  { architecture }: EmbeddingSpec,
  maxScaledPixels: number,
): VisionSettings | undefined {
  return FAMILIES[architecture]?.(directory, maxScaledPixels);
}

/** Reads LLaVA-NeXT's: tiles, and the pictures that they may make up. */
function readTileSettings(directory: string): TileSettings {
  const { config, refuse, mean, std } = readPreprocessor(directory, { do_center_crop: true, do_pad: true });
  const tile = square(config["crop_size"]);
  if (tile === undefined) throw refuse("crop_size", "a square");
  if (shortestEdge(config) !== tile) throw refuse("size", `{ "shortest_edge": ${tile} }, as crop_size`);
  const pinpoints = config["image_grid_pinpoints"];
  const resolutions = Array.isArray(pinpoints) ? pinpoints.map((one) => resolution(one, tile)) : [];
  if (resolutions.length === 0 || resolutions.includes(undefined)) {
    throw refuse("image_grid_pinpoints", `a list of [height, width] in whole tiles of ${tile} pixels`);
  }
  const { file, vision } = readVisionConfig(directory);
  const [size, patch] = [pixels(vision["image_size"]), pixels(vision["patch_size"])];
  if (size !== tile || patch === undefined || size % patch !== 0) {
    throw corruptFile(file, `vision_config's image_size ${size} and patch_size ${patch} do not fit tiles of ${tile}`);
  }
  const known = resolutions as TileSettings["resolutions"];
  return { family: "llava_next", tile, side: size / patch, resolutions: known, mean, std };
}

function resolution(value: unknown, tile: number): TileSettings["resolutions"][number] | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [height, width] = value.map((one) => pixels(one));
  return height !== undefined && width !== undefined && height % tile === 0 && width % tile === 0
    ? { width, height }
    : undefined;
}

/** Reads Qwen2.5-VL's: patches, merged to tokens, in windows. */
function readPatchSettings(directory: string, most: number): PatchSettings {
  const { config, refuse, mean, std } = readPreprocessor(directory);
  const { file, vision } = readVisionConfig(directory);
  const count = (from: Json, name: keyof typeof USUAL) => {
    const value = pixels(from[name] ?? USUAL[name]);
    if (value === undefined) throw from === config ? refuse(name, "a count") : corruptFile(file, `${name} is no count`);
    return value;
  };
  const [patch, frames] = [count(vision, "patch_size"), count(vision, "temporal_patch_size")];
  const merge = count(vision, "spatial_merge_size");
  const prepared = [count(config, "patch_size"), count(config, "temporal_patch_size"), count(config, "merge_size")];
  if (`${prepared}` !== `${[patch, frames, merge]}`) {
    throw corruptFile(
      file,
      "vision_config's patch_size, or how patches are merged, is not that of preprocessor_config.json",
    );
  }
  const window = count(vision, "window_size") / (patch * merge);
  if (!Number.isInteger(window)) throw corruptFile(file, "window_size is no whole number of merged patches");
  const [minPixels, maxPixels] = [
    limitOf(config, "min_pixels", "shortest_edge"),
    limitOf(config, "max_pixels", "longest_edge"),
  ];
  if (minPixels === undefined) throw refuse("min_pixels", "a count");
  if (maxPixels === undefined) throw refuse("max_pixels", "a count");
  if (most < minPixels)
    throw invalid("maxScaledPixels", `must be at least ${minPixels}, to which smaller pictures are scaled up`);
  const limits = { minPixels, maxPixels: Math.min(maxPixels, most) };
  return { family: "qwen2_5_vl", patch, merge, frames, window, ...limits, mean, std };
}

/** What transformers may leave out of the files, because it is its default. */
const USUAL = { patch_size: 14, temporal_patch_size: 2, merge_size: 2, spatial_merge_size: 2, window_size: 112 };

/** `min_pixels` and `max_pixels` or, in newer files, the same within `size`. */
function limitOf(config: Json, name: string, inSize: string): number | undefined {
  const { size } = config;
  return pixels(config[name] ?? (isRecord(size) ? size[inSize] : undefined), Number.MAX_SAFE_INTEGER);
}

function readVisionConfig(directory: string): { readonly file: string; readonly vision: Json } {
  const file = join(directory, "config.json");
  const vision = readJsonObject(file)?.["vision_config"];
  if (!isRecord(vision)) throw corruptFile(file, "vision_config is missing");
  return { file, vision };
}
