import type { RankedDocument, RerankOptions } from "../api/reranker.js";

/** Ranks documents, best first; ties in input order. */
export function rank(scores: readonly number[], { topN, threshold }: RerankOptions): RankedDocument[] {
  return scores
    .map((score, index) => ({ index, score }))
    .filter(({ score }) => threshold === undefined || score >= threshold)
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, topN);
}
