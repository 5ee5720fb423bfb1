import type { SparseVector, TextEmbedding } from "./api/embedding.js";
import { BgeError, invalid } from "./api/errors.js";
import type { HybridWeights } from "./api/options.js";
import type { RankedDocument } from "./api/reranker.js";
import { isCount } from "./checks.js";
import { floatProducts } from "./rows/kernel.js";

/**
 * The cosine of two vectors of an embedder, from -1 to 1: their dot product, since they are L2-normalised.
 *
 * @param a `dimensions` numbers, as a Float32Array or a plain list
 * @throws BgeError `INVALID_INPUT` for vectors of unlike lengths
 * @example similarity(await embedder.embedQuery("What is a panda?"), vectors[0])
 */
export function similarity(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) {
    throw new BgeError("INVALID_INPUT", `Vectors of ${a.length} and ${b.length} numbers cannot be compared.`);
  }
  return dotProduct(a, 0, b, 0, a.length);
}

/**
 * The `k` vectors nearest to the query's by their cosines, best first; equal ones in their order.
 *
 * @param vectors as many as there are documents, each as wide as the query's
 * @param k at most this many results
 * @throws BgeError `INVALID_INPUT` that names the first vector of another length, `INVALID_OPTION` for `k`
 * @example topK(await embedder.embedQuery("What is a panda?"), vectors, 3) // [{ index, score }, ...]
 */
export function topK(query: ArrayLike<number>, vectors: readonly ArrayLike<number>[], k: number): RankedDocument[] {
  const wanted = isCount(k);
  if (wanted !== undefined) throw invalid("k", `must be ${wanted}, not ${String(k)}`);
  const scores = vectors.map((vector, index) => {
    if (vector?.length === query.length) return { index, score: dotProduct(query, 0, vector, 0, query.length) };
    const problem = `A vector of ${vector?.length} numbers cannot be compared with a query's of ${query.length} (index ${index}).`;
    throw new BgeError("INVALID_INPUT", problem, { parameter: "vectors", indices: [index] });
  });
  return scores.sort((a, b) => b.score - a.score || a.index - b.index).slice(0, k);
}

/** The sum over shared tokens of the product of their weights: bge-m3's lexical matching score. */
export function sparseScore(query: SparseVector, document: SparseVector): number {
  const weights = new Map(document.indices.map((id, i) => [id, document.values[i]!]));
  return query.indices.reduce((sum, id, i) => sum + query.values[i]! * (weights.get(id) ?? 0), 0);
}

/**
 * The weighted mean of bge-m3's three scores for embeddings that are at hand: the dense cosine, the lexical score, and the late
 * interaction of the multi-vectors. An output with a weight of 0 need not be there. It computes on the thread that calls it:
 * late interaction with a hundred long documents takes a good part of a second; `loadReranker` does it in workers.
 *
 * @throws BgeError `INVALID_OPTION` where an output with a weight is missing on one side
 */
export function hybridScore(query: TextEmbedding, document: TextEmbedding, weights: HybridWeights): number {
  const needed = (output: keyof HybridWeights, score: number | undefined) => {
    if (weights[output] === 0) return 0;
    if (score === undefined)
      throw invalid("weights", `gives ${output} ${weights[output]}, but one side has no ${output} output`);
    return weights[output] * score;
  };
  const both = <T>(a: T | undefined, b: T | undefined, score: (a: T, b: T) => number) =>
    a === undefined || b === undefined ? undefined : score(a, b);
  const sum =
    needed(
      "dense",
      both(query.dense, document.dense, (a, b) => dotProduct(a, 0, b, 0, a.length)),
    ) +
    needed("sparse", both(query.sparse, document.sparse, sparseScore)) +
    needed(
      "multiVector",
      both(query.multiVector, document.multiVector, (a, b) => maxSim(a.data, b.data, a.dimensions)),
    );
  return sum / (weights.dense + weights.sparse + weights.multiVector);
}

/**
 * Late interaction: the mean over the query's rows of the best dot product with any row of the document.
 * Both sides hold L2-normalised rows of `dimensions`; so the score is a mean cosine, in [-1, 1].
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
 * The dot product of `length` numbers of `a` from `i` and of `b` from `j`: four running sums, so that the processor need not wait
 * for each addition.
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
