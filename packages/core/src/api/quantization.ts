/**
 * Vectors of fewer bytes than float32, as sentence-transformers' `quantize_embeddings` has them. `int8`, `uint8`: one byte a
 * dimension. `ubinary`: one bit a dimension, 1 for a number over 0, the first in the highest bit of the first byte; `binary`: the
 * same bytes less 128.
 */
export type Precision = "int8" | "uint8" | "binary" | "ubinary";

/** A vector in a precision: of length `dimensions`, or of `dimensions / 8` rounded up if it is binary. */
export type QuantizedVector<P extends Precision = Precision> = P extends "int8" | "binary" ? Int8Array : Uint8Array;

/**
 * The lowest and the highest number of each dimension, which the 256 steps of `int8` and `uint8` divide. Plain data: keep it as
 * JSON. Vectors, and queries, of one collection need the same ranges for good.
 */
export interface QuantizationRanges {
  /** Length `dimensions`. Like `max`, exact in float32. */
  readonly min: readonly number[];
  readonly max: readonly number[];
  /** How many vectors they are of; absent if they come from elsewhere. */
  readonly vectors?: number;
}

export interface CalibrateRangesOptions {
  /**
   * The fewest vectors to take ranges from. What later vectors have beyond the ranges is cut off, and few vectors have narrow ones.
   * @default 100
   */
  readonly minVectors?: number;
}

export type QuantizeOptions =
  | {
      readonly precision: "int8" | "uint8";
      /** From `calibrateRanges`. */
      readonly ranges: QuantizationRanges;
    }
  | { readonly precision: "binary" | "ubinary"; readonly ranges?: undefined };

export type TopKQuantizedOptions = QuantizeOptions & {
  /**
   * Binary alone: how many times `k` vectors are found by their bits, to be ranked by the query's own numbers.
   * @default 4
   */
  readonly rescoreMultiplier?: number;
};
