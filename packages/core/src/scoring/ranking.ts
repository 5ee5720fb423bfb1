import type { RankedDocument, RerankOptions } from "../api/reranker.js";
import { invalid } from "../api/errors.js";

/** Refuses limits that mean nothing. */
export function checkRanking({ topN, threshold }: RerankOptions): void {
  if (topN !== undefined && !(Number.isInteger(topN) && topN >= 1)) {
    throw invalid("topN", `must be a whole number of at least 1, not ${String(topN)}`);
  }
  if (threshold !== undefined && !Number.isFinite(threshold)) {
    throw invalid("threshold", `must be a finite number, not ${String(threshold)}`);
  }
}

/** Best first; equal scores in input order. */
export function rank(scores: readonly number[], { topN, threshold }: RerankOptions): RankedDocument[] {
  return scores
    .map((score, index) => ({ index, score }))
    .filter(({ score }) => threshold === undefined || score >= threshold)
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, topN);
}
