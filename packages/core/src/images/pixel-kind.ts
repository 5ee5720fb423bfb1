import type { Metadata } from "sharp";
import { isGreyRamp } from "./gif.js";
import { photometricOf, PALETTE as TIFF_PALETTE } from "./tiff.js";

/**
 * How the reference resizes a picture in the form in which its file holds it: smoothly; by picking pixels, if they are numbers of a
 * palette or black and white; or with its colours weighted by an alpha channel.
 */
export type PixelKind = "smooth" | "picked" | "transparent";

/** Returns the kind of a file's pixels, from its header. */
export function pixelKind(bytes: Uint8Array, { format, hasAlpha, bitsPerSample }: Metadata): PixelKind {
  if (format === "png") return ofPng(bytes[PNG_DEPTH]!, bytes[PNG_COLOURS]!);
  if (format === "gif") return isGreyRamp(bytes) ? "smooth" : "picked";
  if (bitsPerSample === 1 || (format === "tiff" && photometricOf(bytes) === TIFF_PALETTE)) return "picked";
  return hasAlpha ? "transparent" : "smooth";
}

/**
 * True for grey of 16 bits that the reference keeps so: it has no alpha channel, of which a colour that is transparent, as in PNG, is none.
 * Of others the reference reads the high byte.
 */
export function isDeepGrey(bytes: Uint8Array, { format, depth, channels }: Metadata): boolean {
  return depth === "ushort" && (channels === 1 || (format === "png" && bytes[PNG_COLOURS] === GREY));
}

/** Where the header of a PNG has the bits of a sample, and what the samples are. */
const PNG_DEPTH = 24;
const PNG_COLOURS = 25;
const GREY = 0;
const PALETTE = 3;
const ALPHA = 4;

function ofPng(depth: number, colours: number): PixelKind {
  if (colours === PALETTE || depth === 1) return "picked";
  return (colours & ALPHA) === 0 ? "smooth" : "transparent";
}
