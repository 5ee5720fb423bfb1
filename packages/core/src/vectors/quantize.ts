import type { Precision, QuantizationRanges, QuantizedVector, QuantizeOptions } from "../api/quantization.js";
import { type Checks, checkOptions, oneOf } from "../checks.js";
import { checkVectors, type Vectors } from "./check.js";
import { areRanges, checkRanges } from "./ranges.js";

export const PRECISIONS: readonly Precision[] = ["int8", "uint8", "binary", "ubinary"];

/** Checks for the options that tell how vectors are quantized. */
export const QUANTIZE_OPTIONS: Checks<QuantizeOptions> = { precision: oneOf(...PRECISIONS), ranges: areRanges };

/**
 * Returns vectors in a lower precision: byte for byte what `quantize_embeddings` of sentence-transformers 5.7 returns for float32. What is
 * beyond the ranges gets the lowest or the highest step.
 *
 * @param vectors one list of numbers per text, of one length, read as float32
 * @throws BgeError `INVALID_INPUT` naming the vectors that are not finite numbers of one length; `INVALID_OPTION` for missing
 * ranges, and for ranges of another length
 * @example
 * const ranges = calibrateRanges(vectors);
 * const bytes = quantize(vectors, { precision: "int8", ranges }); // Int8Arrays, a quarter of the memory
 * const bits = quantize(vectors, { precision: "ubinary" }); // Uint8Arrays, a thirty-second
 */
export function quantize<Options extends QuantizeOptions>(
  vectors: Vectors,
  options: Options,
): QuantizedVector<Options["precision"]>[] {
  const { precision, ranges } = checkOptions<QuantizeOptions>(options, QUANTIZE_OPTIONS, "quantize", ["precision"]);
  checkVectors(vectors, "vectors");
  checkRanges([precision], ranges, vectors[0]?.length);
  const toCodes = quantizer(precision, ranges);
  return vectors.map(toCodes) as QuantizedVector<Options["precision"]>[];
}

/** Returns what quantizes one vector, whose numbers and ranges have been checked. */
export function quantizer(
  precision: Precision,
  ranges: QuantizationRanges | undefined,
): (vector: ArrayLike<number>) => Int8Array | Uint8Array {
  const toBytes = ranges === undefined ? toBits : toSteps(ranges);
  if (precision === "uint8" || precision === "ubinary") return toBytes;
  return (vector) => {
    const bytes = toBytes(vector);
    // Less 128.
    for (let i = 0; i < bytes.length; i++) bytes[i]! ^= 0x80;
    return new Int8Array(bytes.buffer);
  };
}

/** The size of the 256 steps of each dimension; 0 where all numbers are one. */
export function stepsOf({ min, max }: QuantizationRanges): Float32Array {
  return Float32Array.from(min, (low, d) => Math.fround(Math.fround(max[d]!) - Math.fround(low)) / 255);
}

/** Each operation rounds to float32, as numpy's do. */
function toSteps(ranges: QuantizationRanges): (vector: ArrayLike<number>) => Uint8Array {
  const starts = Float32Array.from(ranges.min);
  const steps = stepsOf(ranges).map((step) => (step === 0 ? 1 : step));
  return (vector) => {
    const bytes = new Uint8Array(starts.length);
    for (let d = 0; d < bytes.length; d++) {
      const step = Math.floor(Math.fround(Math.fround(Math.fround(vector[d]!) - starts[d]!) / steps[d]!));
      bytes[d] = Math.min(Math.max(step, 0), 255);
    }
    return bytes;
  };
}

function toBits(vector: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(vector.length / 8));
  for (let d = 0; d < vector.length; d++) if (Math.fround(vector[d]!) > 0) bytes[d >> 3]! |= 0x80 >> (d & 7);
  return bytes;
}
