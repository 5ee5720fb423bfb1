/** A picture of three bytes a pixel, row by row. */
export interface RgbImage {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Resizes a picture to the bytes that Pillow's bicubic `resize` gives (horizontal pass first, as up to Pillow 12.1). */
export function resize({ data, width, height }: RgbImage, toWidth: number, toHeight: number): RgbImage {
  const narrow = narrowed(data, width, height, tapsOf(width, toWidth));
  return { data: shortened(narrow, tapsOf(height, toHeight), 0, toWidth), width: toWidth, height: toHeight };
}

/**
 * Resizes a picture until its shorter side has `edge` pixels and returns the square of `size` pixels in its centre: the bytes that
 * `resize` and CLIP's centre crop give. Only what is kept is computed.
 */
export function resizeAndCrop({ data, width, height }: RgbImage, edge: number, size: number): Uint8Array {
  const wide = width > height;
  const longer = Math.trunc((edge * Math.max(width, height)) / Math.min(width, height));
  const columns = tapsOf(width, wide ? longer : edge, size);
  const rows = tapsOf(height, wide ? edge : longer, size);
  const first = rows.starts[0]!;
  const last = rows.starts[size - 1]! + rows.counts[size - 1]!;
  const narrow = narrowed(data.subarray(first * width * 3), width, last - first, columns);
  return shortened(narrow, rows, first, size);
}

/** The source pixels of each target pixel, and how much each counts, as 22-bit fractions. */
interface Taps {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  /** `stride` for each target pixel. */
  readonly weights: Int32Array;
  readonly stride: number;
}

const FRACTION_BITS = 22;
const HALF = 1 << (FRACTION_BITS - 1);
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

/** Resizes each of `height` rows to a pixel for each of the taps. */
function narrowed(data: Uint8Array, width: number, height: number, taps: Taps): Uint8Array {
  const { starts, counts, weights, stride } = taps;
  const size = counts.length;
  const out = new Uint8Array(height * size * 3);
  let to = 0;
  for (let row = 0; row < height; row++) {
    const begin = row * width * 3;
    for (let i = 0; i < size; i++, to += 3) {
      const count = counts[i]!;
      let at = begin + starts[i]! * 3;
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      for (let tap = i * stride; tap < i * stride + count; tap++, at += 3) {
        const weight = weights[tap]!;
        red = (red + Math.imul(data[at]!, weight)) | 0;
        green = (green + Math.imul(data[at + 1]!, weight)) | 0;
        blue = (blue + Math.imul(data[at + 2]!, weight)) | 0;
      }
      out[to] = clipped(red);
      out[to + 1] = clipped(green);
      out[to + 2] = clipped(blue);
    }
  }
  return out;
}

/** Resizes each of `pixels` columns to a pixel for each of the taps. `first` is the number of the first row in `data`. */
function shortened(data: Uint8Array, taps: Taps, first: number, pixels: number): Uint8Array {
  const { starts, counts, weights, stride } = taps;
  const size = counts.length;
  const width = pixels * 3;
  const out = new Uint8Array(size * width);
  const sums = new Int32Array(width);
  for (let i = 0; i < size; i++) {
    sums.fill(HALF);
    for (let tap = 0; tap < counts[i]!; tap++) {
      const weight = weights[i * stride + tap]!;
      const from = (starts[i]! - first + tap) * width;
      for (let x = 0; x < width; x++) sums[x] = (sums[x]! + Math.imul(data[from + x]!, weight)) | 0;
    }
    const to = i * width;
    for (let x = 0; x < width; x++) out[to + x] = clipped(sums[x]!);
  }
  return out;
}

function clipped(sum: number): number {
  const value = sum >> FRACTION_BITS;
  if (value < 0) return 0;
  return Math.min(value, 255);
}
