import type { SparseVector, TextEmbedding, TokenVectors } from "./api/embedding.js";
import { BgeError, invalid } from "./api/errors.js";
import type { HybridWeights } from "./api/options.js";
import type { RankedDocument } from "./api/reranker.js";
import { isCount, isHybridWeights } from "./checks.js";
import { floatProducts } from "./rows/kernel.js";

/**
 * Returns the cosine of two vectors from an embedder, from -1 to 1: their dot product, since they are L2-normalised.
 *
 * @param a a vector of length `dimensions`, as a Float32Array or a plain array
 * @param b a vector of the same length
 * @throws BgeError `INVALID_INPUT` if the lengths differ
 * @example similarity(await embedder.embedQuery("What is a panda?"), vectors[0])
 */
export function similarity(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) {
    throw new BgeError("INVALID_INPUT", `Vectors of length ${a.length} and ${b.length} cannot be compared.`);
  }
  return dotProduct(a, 0, b, 0, a.length);
}

/**
 * Returns the `k` vectors most similar to the query by cosine, best first; ties stay in input order.
 *
 * @param query a vector of length `dimensions`
 * @param vectors one vector per document, each of length `dimensions`
 * @param k the maximum number of results
 * @throws BgeError `INVALID_INPUT` naming the first vector of another length, `INVALID_OPTION` for `k`
 * @example topK(await embedder.embedQuery("What is a panda?"), vectors, 3) // [{ index, score }, ...]
 */
export function topK(query: ArrayLike<number>, vectors: readonly ArrayLike<number>[], k: number): RankedDocument[] {
  const wanted = isCount(k);
  if (wanted !== undefined) throw invalid("k", `must be ${wanted}, not ${String(k)}`);
  const scores = vectors.map((vector, index) => {
    if (vector?.length === query.length) return { index, score: dotProduct(query, 0, vector, 0, query.length) };
    const problem = `The vector at index ${index} has length ${vector?.length}, but the query has ${query.length}.`;
    throw new BgeError("INVALID_INPUT", problem, { parameter: "vectors", indices: [index] });
  });
  return scores.sort((a, b) => b.score - a.score || a.index - b.index).slice(0, k);
}

/** Returns bge-m3's lexical matching score: the sum, over shared tokens, of the product of their weights. */
export function sparseScore(query: SparseVector, document: SparseVector): number {
  const weights = new Map(document.indices.map((id, i) => [id, document.values[i]!]));
  return query.indices.reduce((sum, id, i) => sum + query.values[i]! * (weights.get(id) ?? 0), 0);
}

/**
 * Returns the weighted mean of bge-m3's three scores for existing embeddings: the dense cosine, the lexical score, and late
 * interaction over the multi-vectors. Outputs with weight 0 may be absent. It runs on the calling thread: late interaction with a
 * hundred long documents takes a good part of a second. `loadReranker` does the same in workers.
 *
 * @throws BgeError `INVALID_OPTION` for weights below 0, none above it, or one for an output that is missing on either side;
 * `INVALID_INPUT` for embeddings of different lengths
 */
export function hybridScore(query: TextEmbedding, document: TextEmbedding, weights: HybridWeights): number {
  const wanted = isHybridWeights(weights);
  if (wanted !== undefined) throw invalid("weights", `must be ${wanted}`);
  const needed = (output: keyof HybridWeights, score: number | undefined) => {
    if (weights[output] === 0) return 0;
    if (score === undefined)
      throw invalid("weights", `has ${output} ${weights[output]}, but one of the embeddings has no ${output} output`);
    return weights[output] * score;
  };
  const both = <T>(a: T | undefined, b: T | undefined, score: (a: T, b: T) => number) =>
    a === undefined || b === undefined ? undefined : score(a, b);
  const sum =
    needed("dense", both(query.dense, document.dense, similarity)) +
    needed("sparse", both(query.sparse, document.sparse, sparseScore)) +
    needed("multiVector", both(query.multiVector, document.multiVector, lateInteraction));
  return sum / (weights.dense + weights.sparse + weights.multiVector);
}

function lateInteraction(a: TokenVectors, b: TokenVectors): number {
  if (a.dimensions === b.dimensions && a.data.length > 0 && b.data.length > 0)
    return maxSim(a.data, b.data, a.dimensions);
  const problem = [a, b].map(({ data, dimensions }) => `${data.length / dimensions} rows of ${dimensions} numbers`);
  throw new BgeError("INVALID_INPUT", `Multi-vectors of ${problem.join(" and ")} cannot be compared.`);
}

/**
 * Returns the late-interaction score: the mean, over the query's rows, of the best dot product with any document row. Both sides
 * are `[rows, dimensions]` with L2-normalised rows, so the score is a mean cosine in [-1, 1].
 */
export function maxSim(query: Float32Array, document: Float32Array, dimensions: number): number {
  const queryRows = query.length / dimensions;
  const documentRows = document.length / dimensions;
  const { values, stride } = floatProducts(document, query, dimensions);
  let sum = 0;
  for (let q = 0; q < queryRows; q++) {
    let best = Number.NEGATIVE_INFINITY;
    for (let t = 0; t < documentRows; t++) {
      const dot = values[t * stride + q]!;
      // NaN must not be lost in a comparison.
      if (dot > best || Number.isNaN(dot)) best = dot;
    }
    sum += best;
  }
  return sum / queryRows;
}

/**
 * Returns the dot product of `length` numbers of `a` starting at `i` and of `b` starting at `j`. Four running sums keep the
 * processor from waiting for each addition.
 */
export function dotProduct(a: ArrayLike<number>, i: number, b: ArrayLike<number>, j: number, length: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let d = 0;
  for (; d + 3 < length; d += 4) {
    s0 += a[i + d]! * b[j + d]!;
    s1 += a[i + d + 1]! * b[j + d + 1]!;
    s2 += a[i + d + 2]! * b[j + d + 2]!;
    s3 += a[i + d + 3]! * b[j + d + 3]!;
  }
  for (; d < length; d++) s0 += a[i + d]! * b[j + d]!;
  return s0 + s1 + (s2 + s3);
}
