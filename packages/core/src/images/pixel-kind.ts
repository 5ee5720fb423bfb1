import type { Metadata } from "sharp";
import { isGreyRamp } from "./gif.js";

/**
 * How the reference resizes a picture in the form in which its file holds it: smoothly; by picking pixels, if they are numbers of a
 * palette or black and white; or with its colours weighted by an alpha channel.
 */
export type PixelKind = "smooth" | "picked" | "transparent";

/** Returns the kind of a file's pixels, from its header. */
export function pixelKind(bytes: Uint8Array, { format, hasAlpha, bitsPerSample }: Metadata): PixelKind {
  if (format === "png") return ofPng(bytes[PNG_DEPTH]!, bytes[PNG_COLOURS]!);
  if (format === "gif") return isGreyRamp(bytes) ? "smooth" : "picked";
  if (bitsPerSample === 1) return "picked";
  return hasAlpha ? "transparent" : "smooth";
}

/** Where the header of a PNG has the bits of a sample, and what the samples are. */
const PNG_DEPTH = 24;
const PNG_COLOURS = 25;
const PALETTE = 3;
const ALPHA = 4;

function ofPng(depth: number, colours: number): PixelKind {
  if (colours === PALETTE || depth === 1) return "picked";
  return (colours & ALPHA) === 0 ? "smooth" : "transparent";
}
