import type { ImageSettings } from "../api/image-settings.js";
import { readPreprocessor, shortestEdge, square } from "./preprocessor.js";

/**
 * Reads how the pictures of a CLIP model are prepared. Whatever would change a pixel and is not CLIP's way is rejected.
 *
 * @throws BgeError `MODEL_NOT_FOUND`, `MODEL_CORRUPT`, `UNSUPPORTED_MODEL`
 */
export function readImageSettings(directory: string): ImageSettings {
  const { config, refuse, mean, std } = readPreprocessor(directory, { do_center_crop: true, do_pad: false });
  const edge = shortestEdge(config);
  if (edge === undefined) throw refuse("size", '{ "shortest_edge": pixels }');
  const size = square(config["crop_size"]);
  if (size === undefined || size > edge) throw refuse("crop_size", "a square no larger than the resized picture");
  return { edge, size, mean, std };
}
