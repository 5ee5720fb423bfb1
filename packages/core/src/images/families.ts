import type { VisionSettings } from "../api/image-settings.js";
import { prepareTiles } from "./any-resolution.js";
import type { PreparedPicture } from "./prepared.js";
import type { RgbImage } from "./resample.js";
import { prepareWindows } from "./windows.js";

/** Prepares a picture in the way of the model's family. */
export function prepare(picture: RgbImage, settings: VisionSettings): PreparedPicture {
  return settings.family === "llava_next" ? prepareTiles(picture, settings) : prepareWindows(picture, settings);
}

/** Returns as little of a picture as the vision graph can run, as one token: to learn its output's shape and to warm it up. */
export function smallest(settings: VisionSettings): PreparedPicture {
  if (settings.family === "qwen2_5_vl") {
    const side = settings.patch * settings.merge;
    const data = new Uint8Array(side * side * 3);
    return prepareWindows({ data, width: side, height: side }, { ...settings, minPixels: 1 });
  }
  const { tile } = settings;
  const data = new Float32Array(3 * tile * tile);
  return { inputs: { pixel_values: { data, shape: [1, 3, tile, tile] } }, rows: Int32Array.of(0) };
}
