import { BgeError } from "../api/errors.js";
import { levelAt, packedBytes, writeCodes } from "./codes.js";
import { MOST_DIMENSIONS, readKept, writeKept } from "./format.js";
import { poolRows } from "./pool.js";
import { rotate, rotateBack } from "./rotate.js";

/** L2-normalised rows of `dimensions` numbers, one for each token, and the tokens' ids. */
export interface TokenSide {
  readonly rows: Float32Array;
  readonly ids: Int32Array;
}

/** Tokens per row: the most without a measurable loss. See docs/search.md. */
const TOKENS_PER_ROW = 2;

/**
 * Compresses a text's token rows to a thirtieth of their bytes: similar rows are pooled two to one, and each row's
 * difference from their mean is rotated and quantized to two bits a number. 180 tokens of 384 numbers take 9,791 bytes.
 * The same rows always give the same bytes.
 *
 * @param side rows and ids, possibly of no tokens; the rows are not modified
 * @param dimensions numbers of a row, 1 to 4096
 * @throws BgeError `INVALID_INPUT` for NaN or a number over 1, a negative id, or unequal numbers of rows and ids
 */
export function compressRows({ rows, ids }: TokenSide, dimensions: number): Uint8Array {
  checkSide({ rows, ids }, dimensions);
  const pooled = poolRows(rows, dimensions, TOKENS_PER_ROW);
  const { mean, meanScale } = meanOf(pooled.rows, dimensions);
  const width = packedBytes(dimensions);
  const count = pooled.starts.length;
  const codes = new Uint8Array(count * width);
  const scales = new Float32Array(count);
  const rest = new Float64Array(dimensions);
  for (let row = 0; row < count; row++) {
    for (let d = 0; d < dimensions; d++) rest[d] = pooled.rows[row * dimensions + d]! - meanScale * mean[d]!;
    rotate(rest);
    scales[row] = writeCodes(rest, codes.subarray(row * width, (row + 1) * width));
  }
  const ordered = pooled.order.map((token) => ids[token]!);
  return writeKept({ dimensions, ids: ordered, starts: pooled.starts, mean, meanScale, scales, codes });
}

/** Decompressed rows. */
export interface ExpandedRows {
  readonly dimensions: number;
  /** About L2-normalised; fewer than tokens. */
  readonly rows: Float32Array;
  /** Where each row's tokens begin in `ids`. */
  readonly starts: Int32Array;
  /** The ids of all tokens, row by row. */
  readonly ids: Int32Array;
}

/**
 * Decompresses rows to plain numbers, for consumers that need them, such as a Qdrant multivector.
 *
 * @throws BgeError `STORE_CORRUPT` for bytes not made by `compressRows`
 */
export function expandRows(bytes: Uint8Array): ExpandedRows {
  const { dimensions, ids, starts, mean, meanScale, scales, codes } = readKept(bytes);
  const width = packedBytes(dimensions);
  const rows = new Float32Array(starts.length * dimensions);
  const rest = new Float64Array(dimensions);
  for (let row = 0; row < starts.length; row++) {
    const packed = codes.subarray(row * width, (row + 1) * width);
    for (let d = 0; d < dimensions; d++) rest[d] = scales[row]! * levelAt(packed, d);
    rotateBack(rest);
    for (let d = 0; d < dimensions; d++) rows[row * dimensions + d] = meanScale * mean[d]! + rest[d]!;
  }
  return { dimensions, rows, starts, ids };
}

/** The mean of all rows, quantized to eight bits a number. */
function meanOf(rows: Float32Array, dimensions: number): { mean: Int8Array; meanScale: number } {
  const sums = new Float64Array(dimensions);
  for (let from = 0; from < rows.length; from += dimensions) {
    for (let d = 0; d < dimensions; d++) sums[d]! += rows[from + d]!;
  }
  const largest = sums.reduce((most, sum) => Math.max(most, Math.abs(sum)), 0);
  const count = rows.length / dimensions;
  const meanScale = Math.fround(largest === 0 ? 0 : largest / count / 127);
  const mean = Int8Array.from(sums, (sum) => (largest === 0 ? 0 : Math.round((127 * sum) / largest)));
  return { mean, meanScale };
}

/** Of a number of a normalised row, by rounding. */
const LARGEST = 1.001;

/** @throws BgeError `INVALID_INPUT` */
export function checkSide({ rows, ids }: TokenSide, dimensions: number): void {
  const refuse = (parameter: string, problem: string) => {
    throw new BgeError("INVALID_INPUT", `${parameter} ${problem}.`, { parameter });
  };
  if (!Number.isInteger(dimensions) || dimensions < 1 || dimensions > MOST_DIMENSIONS) {
    refuse("dimensions", `must be a whole number from 1 to ${MOST_DIMENSIONS}, not ${dimensions}`);
  }
  if (rows.length !== ids.length * dimensions) {
    refuse(
      "rows",
      `has ${rows.length} numbers, and ${ids.length} tokens of ${dimensions} have ${ids.length * dimensions}`,
    );
  }
  let odd = -1;
  for (let i = rows.length - 1; i >= 0; i--) if (!(Math.abs(rows[i]!) <= LARGEST)) odd = i;
  if (odd !== -1)
    refuse("rows", `must be L2-normalised, but has ${rows[odd]} for token ${Math.floor(odd / dimensions)}`);
  const negative = ids.findIndex((id) => id < 0);
  if (negative !== -1) refuse("ids", `has ${ids[negative]} for token ${negative}; ids are not negative`);
}
