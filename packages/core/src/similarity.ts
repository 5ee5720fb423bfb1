import type { HybridWeights, SparseVector, TextEmbedding } from "./api/api.js";
import { dotProduct } from "./dot-product.js";
import { maxSim } from "./worker/max-sim.js";
import { invalid } from "./api/errors.js";

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
