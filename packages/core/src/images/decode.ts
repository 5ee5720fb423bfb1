import type sharpModule from "sharp";
import type { Metadata, Sharp } from "sharp";
import { messageOf } from "../api/errors.js";
import { cmykToRgb, greyToRgb, type Samples, toRgb } from "./colours.js";
import { formatOf } from "./format.js";
import { restoreHidden } from "./gif.js";
import { isDeepGrey, type PixelKind, pixelKind } from "./pixel-kind.js";
import { type RgbImage, resize } from "./resample.js";
import { stretchByPicking, stretchDeep, stretchPlanes, stretchTransparent } from "./stretch.js";
import { photometricOf, WHITE_IS_ZERO } from "./tiff.js";
import { unusable } from "./unusable.js";

export interface DecodeOptions {
  /** Larger pictures are refused before they are decoded. */
  readonly maxPixels: number;
  /** Whether a picture is turned as its EXIF orientation says. */
  readonly orient: boolean;
  /** The picture is stretched to a square of this many pixels as it is, before its colours become RGB. @default not */
  readonly stretch?: number | undefined;
}

/**
 * Decodes the first frame of a picture file to the colours that the reference's `Image.open(..).convert("RGB")` gives: profiles are
 * ignored and an alpha channel is dropped.
 *
 * @throws BgeError `INVALID_INPUT`
 */
export async function decode(sharp: typeof sharpModule, bytes: Uint8Array, options: DecodeOptions): Promise<RgbImage> {
  const { stretch } = options;
  if (bytes.length === 0) throw unusable("the file is empty");
  const format = formatOf(bytes);
  if (format === undefined) throw unusable(`it is no JPEG, PNG, WebP, GIF, TIFF or AVIF file. ${OTHERWISE}`);
  const open = () => sharp(bytes, { failOn: "error", ignoreIcc: true, limitInputPixels: false });
  try {
    const facts = await open().metadata();
    checkSize(facts.width, facts.height, options.maxPixels);
    // A TIFF file's own orientation belongs to its pixels, there as here; EXIF's is another matter.
    const turned = () => (options.orient || format === "tiff" ? open().autoOrient() : open());
    if (format === "gif") {
      const samples = await samplesOf(open().toColourspace("srgb").ensureAlpha());
      restoreHidden(bytes, samples);
      const rgb = toRgb(samples);
      return stretch === undefined ? rgb : stretchRgb(rgb, pixelKind(bytes, facts), stretch);
    }
    return await colours(turned(), facts, bytes, stretch);
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

/** Reads a picture's colours; stretched, if asked, before they become RGB. */
async function colours(image: Sharp, facts: Metadata, bytes: Uint8Array, stretch?: number): Promise<RgbImage> {
  if (facts.space === "cmyk") {
    const inks = await inksOf(image, facts);
    return cmykToRgb(stretch === undefined ? inks : stretchPlanes(inks, stretch));
  }
  if (isDeepGrey(bytes, facts)) {
    const { data, info } = await image
      .removeAlpha()
      .toColourspace("grey16")
      .raw({ depth: "ushort" })
      .toBuffer({ resolveWithObject: true });
    const grey = { ...info, data: new Uint16Array(data.buffer, data.byteOffset, data.length / 2) };
    // The reference leaves these as they are, and black is white; the decoder does not.
    if (facts.format === "tiff" && photometricOf(bytes) === WHITE_IS_ZERO) invert(grey.data);
    return greyToRgb(stretch === undefined ? grey : stretchDeep(grey, stretch));
  }
  const kind = stretch === undefined ? "smooth" : pixelKind(bytes, facts);
  if (stretch !== undefined && kind === "transparent") {
    const samples = await samplesOf(image.toColourspace("srgb").ensureAlpha());
    return toRgb(stretchTransparent(samples, stretch));
  }
  const rgb = toRgb(await samplesOf(image.removeAlpha().toColourspace("srgb")));
  return stretch === undefined ? rgb : stretchRgb(rgb, kind, stretch);
}

function invert(values: Uint16Array): void {
  for (const [at, value] of values.entries()) values[at] = 65535 - value;
}

function stretchRgb(rgb: RgbImage, kind: PixelKind, size: number): RgbImage {
  return kind === "picked" ? stretchByPicking(rgb, size) : resize(rgb, size, size);
}

/** Inks in 8 bits; of 16, the reference keeps the high byte. */
async function inksOf(image: Sharp, { depth }: Metadata): Promise<Samples> {
  const inks = image.removeAlpha().pipelineColourspace("cmyk").toColourspace("cmyk");
  if (depth !== "ushort") return samplesOf(inks);
  const { data, info } = await inks.raw({ depth }).toBuffer({ resolveWithObject: true });
  const deep = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  const high = new Uint8Array(deep.length);
  for (const [at, value] of deep.entries()) high[at] = value >> 8;
  return { ...info, data: high };
}

async function samplesOf(image: Sharp): Promise<Samples> {
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return { ...info, data };
}
