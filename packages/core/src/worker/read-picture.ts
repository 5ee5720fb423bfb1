import { createRequire } from "node:module";
import type sharpModule from "sharp";
import { BgeError, messageOf } from "../api/errors.js";
import type { ImageLimits } from "../api/image-settings.js";
import { throughGate } from "../engine/native-gate.js";
import { toRgb } from "../images/colours.js";
import { checkSize, decode } from "../images/decode.js";
import { checkContent } from "../images/known-content.js";
import { checkBytes, readImageFile } from "../images/read.js";
import { type RgbImage, resize } from "../images/resample.js";
import type { Gate, SentImage } from "../protocol.js";

/** Reads and decodes a picture; stretched, if asked, to a square of that many pixels. @throws BgeError */
export async function readPicture(
  image: SentImage,
  { maxPixels, maxBytes, orientation }: ImageLimits,
  gate: Gate,
  stretch?: number,
): Promise<RgbImage> {
  if (image.form === "samples") {
    checkSize(image.width, image.height, maxPixels);
    const picture = toRgb(image);
    return stretch === undefined ? picture : resize(picture, stretch, stretch);
  }
  const bytes = image.form === "file" ? await readImageFile(image.path, maxBytes) : image.bytes;
  checkBytes(bytes.length, maxBytes);
  if (image.sha256 !== undefined) checkContent(bytes, image.sha256);
  const sharp = loadSharp();
  // Its native code, too, must not be interrupted by the end of the thread.
  return throughGate(gate, () => decode(sharp, bytes, { maxPixels, orient: orientation === "apply", stretch }));
}

const require = createRequire(import.meta.url);
let loaded: typeof sharpModule | undefined;

/** Loads sharp with the first file. Raw samples need none. */
function loadSharp(): typeof sharpModule {
  if (loaded !== undefined) return loaded;
  try {
    loaded = require("sharp") as typeof sharpModule;
    return loaded;
  } catch (cause) {
    throw new BgeError(
      "PACKAGE_NOT_FOUND",
      `sharp, which decodes picture files, cannot be loaded: ${messageOf(cause).split("\n", 1)[0]}. ` +
        "npm install sharp@0.35, or pass decoded pictures as { data, width, height, channels }.",
      { parameter: "image", cause },
    );
  }
}
