import { checkVector } from "./options.js";

/** The largest level: 127 * 256 + 127, so that its high byte is at most 127. */
const MOST = 32_639;

/**
 * A vector in 16 bits a number, in two bytes: `step * (256 * high + low)`. The high ones alone are a vector of 8 bits,
 * off by `error` at most.
 */
export interface Quantized {
  readonly step: number;
  readonly high: Int8Array;
  readonly low: Int8Array;
  /** The length of what the high bytes leave out. */
  readonly error: number;
  /** The length of the whole. */
  readonly norm: number;
}

/**
 * Quantizes a vector of an embedder, which may be the caller's own.
 *
 * @throws BgeError `INVALID_OPTION` for another length, and for a number that is none
 */
export function quantize(vector: Float32Array, dimensions: number): Quantized {
  checkVector(vector, dimensions);
  let most = 0;
  for (const value of vector) most = Math.max(most, Math.abs(value));
  // The next float32 above, so that no level is beyond the largest.
  const step = Math.fround((most / MOST) * (1 + 2 ** -22));
  const high = new Int8Array(dimensions);
  const low = new Int8Array(dimensions);
  let [rest, whole] = [0, 0];
  if (step > 0) {
    for (let d = 0; d < dimensions; d++) {
      const level = Math.max(-MOST, Math.min(MOST, Math.round(vector[d]! / step)));
      high[d] = (level + 128) >> 8;
      low[d] = level - 256 * high[d]!;
      rest += low[d]! * low[d]!;
      whole += level * level;
    }
  }
  return { step, high, low, error: upwards(step * Math.sqrt(rest)), norm: upwards(step * Math.sqrt(whole)) };
}

/** Float32, and not below the number. */
function upwards(value: number): number {
  return Math.fround(value * (1 + 2 ** -22));
}

/** The dot product of a query with one vector, as exact as its 16 bits are. */
export function dotQuantized(
  query: Float32Array,
  step: number,
  high: Int8Array,
  highAt: number,
  low: Int8Array,
  lowAt: number,
): number {
  let [s0, s1] = [0, 0];
  for (let d = 0; d < query.length; d++) {
    s0 += query[d]! * high[highAt + d]!;
    s1 += query[d]! * low[lowAt + d]!;
  }
  return step * (256 * s0 + s1);
}
