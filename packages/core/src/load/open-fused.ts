import { invalid } from "../api/errors.js";
import type { ModelReference } from "../api/model.js";
import type { CallOptions, RerankerOptions } from "../api/options.js";
import type { SkippedRerankStage } from "../api/reranker.js";
import { toReference } from "../model/named-model.js";
import { findModel } from "../model/table.js";
import { type CallFacts, withCall } from "../run/call.js";
import { refuseFailed } from "../run/results.js";
import { countWithin, type ReadingLimit, unitsOf } from "../scoring/budget.js";
import { cascade } from "../scoring/cascade.js";
import { scoresOf } from "../scoring/scorer.js";
import { type OpenScorer, openScorer, type Pacing, type ScoredInTime, skippedOf } from "./open-scorer.js";

/** How many of late interaction's best documents the cross-encoder reads at most: see docs/search.md for what more or fewer give. */
export const FUSED_DEPTH = 16;
/** Of long ones it reads fewer: a question takes about as long, however long the documents are. */
const FUSED_LIMIT: ReadingLimit = { least: 8, units: 8200 };

/** Two models that rerank together. */
export interface Fused {
  readonly late: OpenScorer;
  readonly cross: OpenScorer;
  /** Weight of the cross-encoder's z-scores; late interaction's is 1. */
  readonly weight: number;
}

/** Opens a cross-encoder, and the embedding model whose late interaction is measured to combine well with it. */
export async function openFused(model: string | URL | ModelReference, options: RerankerOptions): Promise<Fused> {
  const { id, directory } = toReference(model);
  const known = id === undefined ? undefined : findModel(id);
  if (known?.kind !== "reranker" || known.fusedWith === undefined || known.fusedWeight === undefined) {
    throw invalid(
      "scale",
      `"fused" needs a cross-encoder measured with late interaction, and ${id ?? directory} is not one; use "logit" or "sigmoid"`,
    );
  }
  const { scale: _, keep, ...rest } = options;
  const [late, cross] = await Promise.allSettled([
    openScorer(known.fusedWith, keep === undefined ? rest : { ...rest, keep }, true),
    openScorer(model, rest),
  ]);
  if (late.status === "fulfilled" && cross.status === "fulfilled") {
    return { late: late.value, cross: cross.value, weight: known.fusedWeight };
  }
  for (const one of [late, cross]) if (one.status === "fulfilled") await one.value.engine.dispose();
  throw [cross, late].find((one) => one.status === "rejected")?.reason;
}

/**
 * Scores all documents by late interaction and the best of them by the cross-encoder, and adds the z-scores. They are only comparable
 * within this call, so if one document fails, none gets a score. With pacing, late interaction reads as many documents as the time
 * allows, from the first on, and the cross-encoder as many of the best of them as the rest of it allows; documents that neither has read
 * have no score.
 */
export function scoreFused(
  { late, cross, weight }: Fused,
  query: string,
  documents: readonly string[],
  facts: CallOptions & CallFacts,
  pacing?: Pacing,
): Promise<ScoredInTime> {
  const most = Math.min(FUSED_DEPTH, documents.length);
  return withCall(late.engine, facts, (lateCall) =>
    withCall(cross.engine, { ...facts, inputs: most }, async (crossCall) => {
      if (documents.length === 0) return { scores: [], skipped: [] };
      await late.scorer.check(lateCall, query, documents);
      await cross.scorer.check(crossCall, query, documents);
      // The cross-encoder reads the passage of a document that late interaction points at.
      const parts = [...documents];
      const read = new Set<number>();
      const skipped: SkippedRerankStage[] = [];
      const stage =
        ({ scorer }: OpenScorer, call: typeof lateCall) =>
        async (positions: readonly number[]) => {
          const texts = positions.map((position) => parts[position]!);
          const pace = pacing && { ...pacing, stage: scorer.stage };
          const results = await scorer.score(call, query, texts, { positions, pace, narrow: most });
          refuseFailed(results, positions);
          for (const [i, result] of results.entries()) {
            if (result === undefined || result.error !== undefined) continue;
            read.add(positions[i]!);
            const { part } = result;
            if (part !== undefined) parts[positions[i]!] = texts[i]!.slice(part.start, part.end);
          }
          const scores = scoresOf(scorer, results);
          skipped.push(...skippedOf(scorer.stage, scores));
          return scores;
        };
      const countOf = (positions: readonly number[]) =>
        countWithin(
          positions.map((position) => unitsOf(parts[position]!, cross.scorer.maxTokens)),
          FUSED_LIMIT,
        );
      const { scores } = await cascade(
        documents.length,
        [],
        [
          { weight: 1, depth: documents.length, score: stage(late, lateCall) },
          { weight, depth: FUSED_DEPTH, score: (best) => stage(cross, crossCall)(best.slice(0, countOf(best))) },
        ],
      );
      return { scores: Array.from(scores, (score, i) => (read.has(i) ? score : undefined)), skipped };
    }),
  );
}
