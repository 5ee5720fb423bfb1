import { BgeError, invalid } from "../api/errors.js";
import type { CalibrateRangesOptions, Precision, QuantizationRanges } from "../api/quantization.js";
import { type Check, type Checks, checkOptions, isCount } from "../checks.js";
import { checkVectors, type Vectors } from "./check.js";

const OPTIONS: Checks<CalibrateRangesOptions> = { minVectors: isCount };

/**
 * Returns each dimension's lowest and highest number, for `quantize` to `int8` or `uint8`. Take some thousand vectors of texts like
 * those to come, and keep the ranges with the collection: JSON holds them exactly.
 *
 * @param vectors one list of numbers per text, of one length, read as float32
 * @throws BgeError `INVALID_INPUT` for fewer than `minVectors`, and naming the vectors that are not finite numbers of one length
 * @example const ranges = calibrateRanges(await embedder.embedDocuments(texts));
 */
export function calibrateRanges(vectors: Vectors, options: CalibrateRangesOptions = {}): QuantizationRanges {
  const { minVectors = 100 } = checkOptions(options, OPTIONS, "calibrateRanges");
  checkVectors(vectors, "vectors");
  if (vectors.length < minVectors) {
    throw new BgeError(
      "INVALID_INPUT",
      `vectors has ${vectors.length}, and ranges need at least ${minVectors}: from few vectors they are too narrow, and cut later ` +
        "ones off. Pass more, or set minVectors.",
      { parameter: "vectors" },
    );
  }
  const min = Float32Array.from(vectors[0]!);
  const max = min.slice();
  for (const vector of vectors) {
    for (let d = 0; d < min.length; d++) {
      const value = vector[d]!;
      if (value < min[d]!) min[d] = value;
      if (value > max[d]!) max[d] = value;
    }
  }
  return { min: [...min], max: [...max], vectors: vectors.length };
}

/** Whether `value` has the form of ranges: two lists of finite numbers, of one length, none lower in `max`. */
export const areRanges: Check = (value) => {
  const { min, max } = (value ?? {}) as Partial<QuantizationRanges>;
  const lists = Array.isArray(min) && Array.isArray(max) && min.length === max.length && min.length > 0;
  const inOrder = (low: unknown, d: number) =>
    Number.isFinite(low) && Number.isFinite(max![d]) && (low as number) <= max![d]!;
  return lists && min.every(inOrder) ? undefined : "what calibrateRanges returns: { min, max }";
};

/** Whether a precision divides ranges. */
export function hasRanges(precision: Precision): boolean {
  return precision === "int8" || precision === "uint8";
}

/**
 * Checks that there are ranges of the right length for precisions that need some, and none for others.
 *
 * @param dimensions of the vectors; undefined if there are none
 */
export function checkRanges(
  precisions: readonly Precision[],
  ranges: QuantizationRanges | undefined,
  dimensions: number | undefined,
): void {
  const needing = precisions.filter(hasRanges);
  if (ranges === undefined) {
    if (needing.length === 0) return;
    throw invalid("ranges", `must be given for ${needing.join(" and ")}: what calibrateRanges returns`);
  }
  if (needing.length === 0) throw invalid("ranges", "is of no use: only int8 and uint8 have ranges");
  if (dimensions === undefined || ranges.min.length === dimensions) return;
  throw invalid("ranges", `has ${ranges.min.length} dimensions, but the vectors have ${dimensions}`);
}
