import { instantiate, type KernelExports, places, upTo } from "../webassembly.js";
import { RESAMPLE } from "./resample-bytes.js";
import { unusable } from "./unusable.js";

/** A picture of three bytes a pixel, row by row. */
export interface RgbImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** What resizing may take of memory, beside the picture itself: a hundred times what photographs need. */
const MOST_BYTES = 2 ** 29;
/** For each pixel along a side: of the filter, which reads each pixel for four others, exact and rounded. */
const FILTER_BYTES = 4 * 12;

/**
 * Refuses a picture that is so tall or so wide that memory would run out: all its rows are narrowed before any is dropped.
 *
 * @param pixelBytes of a pixel between the passes
 * @throws BgeError `INVALID_INPUT`
 */
export function checkSides(
  { width, height }: Pick<RgbImage, "width" | "height">,
  toWidth: number,
  toHeight: number,
  pixelBytes = 3,
): void {
  const filters = Math.max(width, toWidth) + Math.max(height, toHeight);
  const bytes = height * toWidth * pixelBytes + filters * FILTER_BYTES;
  if (bytes <= MOST_BYTES) return;
  const needs = `resizing ${width} × ${height} pixels to ${toWidth} × ${toHeight} would take ${Math.ceil(bytes / 2 ** 20)} MiB`;
  throw unusable(`${needs}: its longer side is too long. Make it smaller first, or cut it`);
}

/**
 * Resizes a picture to the bytes that Pillow's bicubic `resize` gives (horizontal pass first, as up to Pillow 12.1).
 *
 * @throws BgeError `INVALID_INPUT` for one that is far too tall or too wide
 */
export function resize(picture: RgbImage, toWidth: number, toHeight: number): RgbImage {
  checkSides(picture, toWidth, toHeight);
  const data = resampled(picture, tapsOf(picture.width, toWidth), tapsOf(picture.height, toHeight));
  return { data, width: toWidth, height: toHeight };
}

/**
 * Resizes a picture until its shorter side has `edge` pixels and returns the square of `size` pixels in its centre: the bytes that
 * `resize` and CLIP's centre crop give. Only what is kept is computed.
 */
export function resizeAndCrop(picture: RgbImage, edge: number, size: number): Uint8Array {
  const { width, height } = picture;
  const wide = width > height;
  const longer = Math.trunc((edge * Math.max(width, height)) / Math.min(width, height));
  const columns = tapsOf(width, wide ? longer : edge, size);
  return resampled(picture, columns, tapsOf(height, wide ? edge : longer, size));
}

/** The source pixels of each target pixel, and how much each counts, as 22-bit fractions. */
interface Taps {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  /** `stride` for each target pixel. */
  readonly weights: Int32Array;
  readonly stride: number;
}

/** Known to resample.wat, too. */
const FRACTION_BITS = 22;
/** Source pixels on each side that the bicubic filter reads, before any reduction. */
const REACH = 2;

/** Returns the taps for the `size` pixels in the centre of a line that is resized from `from` to `to` pixels. */
function tapsOf(from: number, to: number, size = to): Taps {
  const fractions = fractionsOf(from, to, size);
  const counts = Int32Array.from(fractions, ({ weights }) => weights.length);
  const stride = Math.max(...counts);
  const weights = new Int32Array(size * stride);
  for (const [i, { weights: exact }] of fractions.entries()) {
    for (const [tap, fraction] of exact.entries()) {
      const weight = fraction * (1 << FRACTION_BITS);
      weights[i * stride + tap] = Math.trunc(weight < 0 ? weight - 0.5 : weight + 0.5);
    }
  }
  return { starts: Int32Array.from(fractions, ({ start }) => start), counts, weights, stride };
}

/** The first source pixel of a target pixel, and how much it and those behind it count. */
interface Fractions {
  readonly start: number;
  readonly weights: Float64Array;
}

/** Like `tapsOf`, without rounding. */
export function fractionsOf(from: number, to: number, size = to): Fractions[] {
  const offset = Math.floor((to - size) / 2);
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const support = REACH * stretch;
  return Array.from({ length: size }, (_, i) => {
    const centre = (offset + i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - support + 0.5));
    const count = Math.min(from, Math.trunc(centre + support + 0.5)) - start;
    const weights = new Float64Array(count);
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      weights[tap] = bicubic((tap + start - centre + 0.5) * (1 / stretch));
      sum += weights[tap]!;
    }
    if (sum !== 0) for (let tap = 0; tap < count; tap++) weights[tap] = weights[tap]! / sum;
    return { start, weights };
  });
}

/** The cubic with a = -0.5 (Catmull-Rom). */
function bicubic(value: number): number {
  const a = -0.5;
  const x = Math.abs(value);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

interface Kernel extends KernelExports {
  narrow(
    from: number,
    stride: number,
    height: number,
    taps: number,
    weights: number,
    most: number,
    size: number,
    to: number,
    outStride: number,
  ): void;
  shorten(from: number, stride: number, weights: number, count: number, to: number): void;
}

let loaded: Kernel | undefined;
/** Bytes of a picture that are in the kernel's memory at the same time, or one row. */
const STRIP_BYTES = 2 ** 20;
/** Above these, the kernel's memory is not kept for the next picture. */
const KEPT_BYTES = 2 ** 24;

/** Makes a pixel for each of the columns' taps of each row that the rows' taps need, and of these one for each of the rows' taps. */
function resampled({ data, width }: RgbImage, columns: Taps, rows: Taps): Uint8Array {
  const kernel = loaded ?? instantiate<Kernel>(RESAMPLE, "with which pictures are resized");
  const [across, down] = [columns.counts.length, rows.counts.length];
  const first = rows.starts[0]!;
  const last = rows.starts[down - 1]! + rows.counts[down - 1]!;
  const rowBytes = 3 * width;
  const inStrip = Math.min(last - first, Math.max(1, Math.floor(STRIP_BYTES / rowBytes)));
  // Both have room for the byte behind the last pixel.
  const stride = upTo(3 * across + 1, 16);
  const [taps, weights, rowWeights, strip, narrow, out] = places(
    kernel,
    8 * across,
    columns.weights.byteLength,
    rows.weights.byteLength,
    inStrip * rowBytes + 1,
    (last - first) * stride,
    stride,
  ) as [number, number, number, number, number, number];
  const { buffer } = kernel.memory;
  const pairs = new Int32Array(buffer, taps, 2 * across);
  for (let i = 0; i < across; i++) pairs.set([3 * columns.starts[i]!, columns.counts[i]!], 2 * i);
  new Int32Array(buffer, weights, columns.weights.length).set(columns.weights);
  new Int32Array(buffer, rowWeights, rows.weights.length).set(rows.weights);
  const bytes = new Uint8Array(buffer);
  for (let row = first; row < last; row += inStrip) {
    const height = Math.min(inStrip, last - row);
    bytes.set(data.subarray(row * rowBytes, (row + height) * rowBytes), strip);
    const to = narrow + (row - first) * stride;
    kernel.narrow(strip, rowBytes, height, taps, weights, columns.stride, across, to, stride);
  }
  const result = new Uint8Array(3 * across * down);
  for (let i = 0; i < down; i++) {
    const from = narrow + (rows.starts[i]! - first) * stride;
    kernel.shorten(from, stride, rowWeights + 4 * i * rows.stride, rows.counts[i]!, out);
    result.set(bytes.subarray(out, out + 3 * across), 3 * across * i);
  }
  loaded = buffer.byteLength > KEPT_BYTES ? undefined : kernel;
  return result;
}
