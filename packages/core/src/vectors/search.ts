import { BgeError, invalid, shown } from "../api/errors.js";
import type { QuantizationRanges, TopKQuantizedOptions } from "../api/quantization.js";
import type { RankedDocument } from "../api/reranker.js";
import { type Checks, checkOptions, isCount } from "../checks.js";
import { dotProduct } from "../similarity.js";
import { checkVectors, kindOf } from "./check.js";
import { QUANTIZE_OPTIONS, quantizer, stepsOf } from "./quantize.js";
import { checkRanges, hasRanges } from "./ranges.js";

type Codes = Int8Array | Uint8Array;

const OPTIONS: Checks<TopKQuantizedOptions> = { ...QUANTIZE_OPTIONS, rescoreMultiplier: isCount };

/** How many bits of a byte are 1. */
const ONES = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll("0", "").length);

/**
 * Returns how many bits of two `binary` or two `ubinary` vectors differ: 0 for the same signs, `dimensions` for opposite ones.
 *
 * @throws BgeError `INVALID_INPUT` if the lengths differ, or one is `binary` and the other `ubinary`
 */
export function hammingDistance(a: Int8Array | Uint8Array, b: Int8Array | Uint8Array): number {
  const kind = kindOf(a);
  if ((kind !== "Int8Array" && kind !== "Uint8Array") || kindOf(b) !== kind || a.length !== b.length) {
    const problem = "Both vectors must be binary, or both ubinary, and of the same length.";
    throw new BgeError("INVALID_INPUT", problem, { parameter: "b" });
  }
  return differingBits(a, b);
}

/**
 * Returns the `k` quantized vectors most similar to the query's own numbers, best first; ties stay in input order. Binary vectors
 * are found by their bits first, and `rescoreMultiplier` times `k` of them are ranked by the query's numbers, as sentence-transformers
 * does with `rescore`. A score is about the cosine (`int8`, `uint8`), or the cosine with the signs alone: only comparable among
 * vectors of one query. It runs on the calling thread.
 *
 * @param query a vector of length `dimensions`, not quantized
 * @param vectors one per document, all of `options.precision`
 * @param k the maximum number of results
 * @throws BgeError `INVALID_INPUT` naming the vectors of another length or kind, `INVALID_OPTION` for `k` and the options
 * @example
 * const best = topKQuantized(await embedder.embedQuery("What is a panda?"), bits, 3, { precision: "ubinary" });
 */
export function topKQuantized(
  query: ArrayLike<number>,
  vectors: readonly (Int8Array | Uint8Array)[],
  k: number,
  options: TopKQuantizedOptions,
): RankedDocument[] {
  const wanted = isCount(k);
  if (wanted !== undefined) throw invalid("k", `must be ${wanted}, not ${shown(k)}`);
  const checked = checkOptions<TopKQuantizedOptions>(options, OPTIONS, "topKQuantized", ["precision"]);
  const { precision, ranges, rescoreMultiplier = 4 } = checked;
  const bytewise = hasRanges(precision);
  if (bytewise && checked.rescoreMultiplier !== undefined) {
    throw invalid(
      "rescoreMultiplier",
      `is of no use for ${precision}, of which all vectors are ranked by the query's numbers`,
    );
  }
  checkVectors([query], "query");
  checkRanges([precision], ranges, query.length);
  const isSigned = precision === "int8" || precision === "binary";
  checkCodes(vectors, isSigned, bytewise ? query.length : Math.ceil(query.length / 8));
  const score = bytewise ? byteScorer(query, ranges!, isSigned) : signScorer(query, isSigned);
  const candidates = bytewise
    ? [...vectors.keys()]
    : nearestByBits(quantizer(precision, undefined)(query), vectors, query.length, k * rescoreMultiplier);
  return candidates
    .map((index) => ({ index, score: score(vectors[index]!) }))
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, k);
}

/** Returns what gives the dot product of the query and a vector whose numbers stand in the middle of their steps. */
function byteScorer(query: ArrayLike<number>, ranges: QuantizationRanges, isSigned: boolean) {
  const steps = stepsOf(ranges);
  const middle = isSigned ? 128.5 : 0.5;
  const weights = Float64Array.from(query, (value, d) => value * steps[d]!);
  const start = dotProduct(query, 0, ranges.min, 0, query.length) + middle * weights.reduce((sum, one) => sum + one, 0);
  return (codes: Codes) => start + dotProduct(weights, 0, codes, 0, codes.length);
}

/** Returns what gives the cosine of the query, if it is L2-normalised, and a vector of signs. */
function signScorer(query: ArrayLike<number>, isSigned: boolean) {
  const flip = isSigned ? 0x80 : 0;
  return (codes: Codes) => {
    let sum = 0;
    for (let d = 0; d < query.length; d++) {
      sum += (codes[d >> 3]! ^ flip) & (0x80 >> (d & 7)) ? query[d]! : -query[d]!;
    }
    return sum / Math.sqrt(query.length);
  };
}

/** The `count` vectors with the fewest differing bits, in input order; of those with the same number the first. */
function nearestByBits(query: Codes, vectors: readonly Codes[], dimensions: number, count: number): number[] {
  const distances = vectors.map((codes) => differingBits(query, codes));
  const having = new Uint32Array(dimensions + 1);
  for (const distance of distances) having[distance]!++;
  let furthest = 0;
  let room = count;
  while (furthest < dimensions && having[furthest]! < room) room -= having[furthest++]!;
  return [...vectors.keys()].filter((index) => {
    const distance = distances[index]!;
    return distance < furthest || (distance === furthest && room-- > 0);
  });
}

function differingBits(a: Codes, b: Codes): number {
  let bits = 0;
  for (let i = 0; i < a.length; i++) bits += ONES[(a[i]! ^ b[i]!) & 0xff]!;
  return bits;
}

function checkCodes(vectors: readonly Codes[], isSigned: boolean, length: number): void {
  const parameter = "vectors";
  if (!Array.isArray(vectors)) {
    throw new BgeError("INVALID_INPUT", "vectors must be an array of quantized vectors.", { parameter });
  }
  const kind = isSigned ? "Int8Array" : "Uint8Array";
  const fits = (codes: Codes) => kindOf(codes) === kind && codes.length === length;
  const indices = Array.from(vectors, fits).flatMap((fit, index) => (fit ? [] : [index]));
  if (indices.length === 0) return;
  throw new BgeError("INVALID_INPUT", `The vector at index ${indices[0]} is not a ${kind} of length ${length}.`, {
    parameter,
    indices,
  });
}
