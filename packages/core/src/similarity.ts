import type { SparseVector, TextEmbedding, TokenVectors } from "./api/embedding.js";
import { invalid, shown } from "./api/errors.js";
import type { HybridWeights } from "./api/options.js";
import type { RankedDocument } from "./api/reranker.js";
import { isCount, isHybridWeights } from "./checks.js";
import { floatProducts } from "./rows/kernel.js";
import { checkSparse, checkVector, checkVectors, isFloats, problemOfNumbers, unusable } from "./vectors/check.js";

/**
 * Returns the cosine of two vectors from an embedder, from -1 to 1: their dot product, since they are L2-normalised.
 *
 * @param a a vector of length `dimensions`, as a Float32Array or a plain array
 * @param b a vector of the same length
 * @throws BgeError `INVALID_INPUT` if the lengths differ, or one has a number that is not finite
 * @example similarity(await embedder.embedQuery("What is a panda?"), vectors[0])
 */
export function similarity(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (!isFloats(a)) checkVector(a, "a");
  if (!isFloats(b, a.length)) checkVector(b, "b", a.length);
  const score = dotProduct(a, 0, b, 0, a.length);
  // To look at each number takes as long as the score.
  if (!Number.isFinite(score)) {
    checkVector(a, "a");
    checkVector(b, "b", a.length);
  }
  return score;
}

/**
 * Returns the `k` vectors most similar to the query by cosine, best first; ties stay in input order.
 *
 * @param query a vector of length `dimensions`
 * @param vectors one vector per document, each of length `dimensions`
 * @param k the maximum number of results
 * @throws BgeError `INVALID_INPUT` naming the vectors of another length and with numbers that are not finite, `INVALID_OPTION`
 * for `k`
 * @example topK(await embedder.embedQuery("What is a panda?"), vectors, 3) // [{ index, score }, ...]
 */
export function topK(query: ArrayLike<number>, vectors: readonly ArrayLike<number>[], k: number): RankedDocument[] {
  const wanted = isCount(k);
  if (wanted !== undefined) throw invalid("k", `must be ${wanted}, not ${shown(k)}`);
  checkVector(query, "query");
  const scores: RankedDocument[] = [];
  checkVectors(vectors, "vectors", query.length, (vector, dimensions) => {
    const problem = isFloats(vector, dimensions) ? undefined : problemOfNumbers(vector, dimensions);
    if (problem !== undefined) return problem;
    const score = dotProduct(query, 0, vector, 0, query.length);
    scores.push({ index: scores.length, score });
    return Number.isFinite(score) ? undefined : problemOfNumbers(vector, dimensions);
  });
  return scores.sort((a, b) => b.score - a.score || a.index - b.index).slice(0, k);
}

/**
 * Returns bge-m3's lexical matching score: the sum, over shared tokens, of the product of their weights.
 *
 * @throws BgeError `INVALID_INPUT` for what is no sparse vector
 */
export function sparseScore(query: SparseVector, document: SparseVector): number {
  checkSparse(query, "query");
  checkSparse(document, "document");
  const weights = new Map(document.indices.map((id, i) => [id, document.values[i]!]));
  return query.indices.reduce((sum, id, i) => sum + query.values[i]! * (weights.get(id) ?? 0), 0);
}

/**
 * Returns the weighted mean of bge-m3's three scores for existing embeddings: the dense cosine, the lexical score, and late
 * interaction over the multi-vectors. Outputs with weight 0 may be absent. It runs on the calling thread: late interaction with a
 * hundred long documents takes a good part of a second. `loadReranker` does the same in workers.
 *
 * @throws BgeError `INVALID_OPTION` for weights below 0 or all 0, and if an output with a non-zero weight is missing on either
 * side; `INVALID_INPUT` for outputs that cannot be compared
 */
export function hybridScore(query: TextEmbedding, document: TextEmbedding, weights: HybridWeights): number {
  const wanted = isHybridWeights(weights);
  if (wanted !== undefined) throw invalid("weights", `must be ${wanted}, not ${shown(weights)}`);
  for (const [parameter, embedding] of Object.entries({ query, document })) {
    if (typeof embedding !== "object" || embedding === null) throw unusable(parameter, "it is no record of `embed`");
  }
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
    needed("multiVector", both(query.multiVector, document.multiVector, rowsScore));
  return sum / (weights.dense + weights.sparse + weights.multiVector);
}

function rowsScore(query: TokenVectors, document: TokenVectors): number {
  const { dimensions } = query;
  for (const [parameter, { data, rows }] of Object.entries({ query, document })) {
    if (!(rows > 0 && dimensions > 0)) throw unusable(parameter, "its multiVector has no rows");
    checkVector(data, parameter, rows * dimensions);
  }
  return maxSim(query.data, document.data, dimensions);
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
