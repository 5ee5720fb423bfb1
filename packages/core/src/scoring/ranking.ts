import type { RankedDocument, RerankOptions } from "../api/reranker.js";

/**
 * Ranks documents that were read as far as there was time: best first, then those without a score, in input order, with the
 * lowest score. A threshold leaves those out.
 */
export function rankInTime(scores: readonly (number | undefined)[], options: RerankOptions): RankedDocument[] {
  const { topN, threshold } = options;
  const known = [...scores.keys()].filter((index) => scores[index] !== undefined);
  const read = rank(
    known.map((index) => scores[index]!),
    threshold === undefined ? {} : { threshold },
  ).map(({ index, score }) => ({ index: known[index]!, score, read: true }));
  const lowest = read.at(-1)?.score ?? 0;
  const unread = threshold === undefined ? [...scores.keys()].filter((index) => scores[index] === undefined) : [];
  return [...read, ...unread.map((index) => ({ index, score: lowest, read: false }))].slice(0, topN);
}

/** Ranks documents, best first; ties in input order. */
export function rank(scores: readonly number[], { topN, threshold }: RerankOptions): RankedDocument[] {
  return scores
    .map((score, index) => ({ index, score }))
    .filter(({ score }) => threshold === undefined || score >= threshold)
    .sort((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, topN);
}
