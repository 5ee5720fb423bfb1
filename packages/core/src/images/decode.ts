import type sharpModule from "sharp";
import type { Metadata, Sharp } from "sharp";
import { messageOf } from "../api/errors.js";
import { cmykToRgb, greyToRgb, type Samples, toRgb } from "./colours.js";
import { formatOf } from "./format.js";
import { restoreHidden } from "./gif.js";
import type { RgbImage } from "./resample.js";
import { unusable } from "./unusable.js";

export interface DecodeOptions {
  /** Larger pictures are refused before they are decoded. */
  readonly maxPixels: number;
  /** Whether a picture is turned as its EXIF orientation says. */
  readonly orient: boolean;
}

/**
 * Decodes the first frame of a picture file to the colours that the reference's `Image.open(..).convert("RGB")` gives: profiles are
 * ignored and an alpha channel is dropped.
 *
 * @throws BgeError `INVALID_INPUT`
 */
export async function decode(sharp: typeof sharpModule, bytes: Uint8Array, options: DecodeOptions): Promise<RgbImage> {
  if (bytes.length === 0) throw unusable("the file is empty");
  const format = formatOf(bytes);
  if (format === undefined) throw unusable(`it is no JPEG, PNG, WebP, GIF, TIFF or AVIF file. ${OTHERWISE}`);
  const open = () => sharp(bytes, { failOn: "error", ignoreIcc: true, limitInputPixels: false });
  try {
    const facts = await open().metadata();
    checkSize(facts.width, facts.height, options.maxPixels);
    const turned = () => (options.orient ? open().autoOrient() : open());
    if (format === "gif") {
      const samples = await samplesOf(open().toColourspace("srgb").ensureAlpha());
      restoreHidden(bytes, samples);
      return toRgb(samples);
    }
    return await colours(turned(), facts);
  } catch (error) {
    if (error instanceof Error && error.name === "BgeError") throw error;
    throw unusable(
      `the ${format.toUpperCase()} file cannot be decoded: ${messageOf(error).replaceAll("\n", "; ")}`,
      error,
    );
  }
}

const OTHERWISE = "Decode it yourself and pass { data, width, height, channels }";

/** Refuses a picture of too many pixels, or of none. */
export function checkSize(width: number, height: number, maxPixels: number): void {
  if (!(width > 0 && height > 0)) throw unusable(`its size is ${width} × ${height}`);
  if (width * height > maxPixels) {
    throw unusable(`${width} × ${height} pixels are more than maxPixels (${maxPixels})`);
  }
}

async function colours(image: Sharp, { space, channels, depth }: Metadata): Promise<RgbImage> {
  if (space === "cmyk") return cmykToRgb(await samplesOf(image.pipelineColourspace("cmyk").toColourspace("cmyk")));
  // With an alpha channel, the reference reads the high byte instead.
  if (depth === "ushort" && channels === 1) {
    const { data, info } = await image
      .toColourspace("grey16")
      .raw({ depth: "ushort" })
      .toBuffer({ resolveWithObject: true });
    return greyToRgb({ ...info, data: new Uint16Array(data.buffer, data.byteOffset, data.length / 2) });
  }
  return toRgb(await samplesOf(image.removeAlpha().toColourspace("srgb")));
}

async function samplesOf(image: Sharp): Promise<Samples> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return { ...info, data };
}
