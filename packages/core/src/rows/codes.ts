/** How many numbers 16 bytes of codes hold: byte `i` has numbers `i`, `i + 16`, `i + 32` and `i + 48`, two bits each. */
export const GROUP = 64;

/** What the codes 0 to 3 stand for, times the row's scale: the best four levels for normally distributed numbers (Lloyd-Max). */
const LEVELS = [-10, -3, 3, 10];
const [INNER_LEVEL, OUTER_LEVEL] = [3, 10];
/** The standard deviation that these levels fit best, and the threshold of the outer ones. */
const DEVIATION = 6.62;
const OUTER = 6.5;

/** Bytes of a row of codes. */
export function packedBytes(dimensions: number): number {
  return 16 * Math.ceil(dimensions / GROUP);
}

/**
 * Encodes numbers. The scale preserves the dot product of the decoded numbers with `numbers`, so that scores are not too
 * small on average.
 *
 * @param out `packedBytes` zeros
 * @returns the scale; 0 for numbers that are all 0
 */
export function writeCodes(numbers: Float64Array, out: Uint8Array): number {
  let squares = 0;
  for (let d = 0; d < numbers.length; d++) squares += numbers[d]! * numbers[d]!;
  if (squares === 0) return 0;
  const outer = (OUTER / DEVIATION) * Math.sqrt(squares / numbers.length);
  let product = 0;
  for (let from = 0; from < numbers.length; from += GROUP) {
    const most = Math.min(GROUP, numbers.length - from);
    for (let i = 0; i < most; i++) {
      const value = numbers[from + i]!;
      const size = Math.abs(value);
      const isOuter = size < outer ? 0 : 1;
      product += size * (INNER_LEVEL + (OUTER_LEVEL - INNER_LEVEL) * isOuter);
      out[from / 4 + (i & 15)]! |= (value < 0 ? 1 - isOuter : 2 + isOuter) << (2 * (i >> 4));
    }
  }
  return squares / product;
}

/** The level of number `d` of a row of codes. */
export function levelAt(row: Uint8Array, d: number): number {
  const inGroup = d % GROUP;
  return LEVELS[(row[(d - inGroup) / 4 + (inGroup & 15)]! >> (2 * (inGroup >> 4))) & 3]!;
}
