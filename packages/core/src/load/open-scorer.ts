import type { EmbeddingSpec, ModelReference, ModelSpec } from "../api/model.js";
import type { CallOptions, RerankerOptions } from "../api/options.js";
import type { SkippedRerankStage } from "../api/reranker.js";
import { type CallFacts, withCall } from "../run/call.js";
import { planCrossEncoder } from "../scoring/cross-encoder.js";
import { planHybrid } from "../scoring/hybrid.js";
import { planLateInteraction } from "../scoring/late-interaction.js";
import type { Pace } from "../scoring/pace.js";
import { type Scorer, type ScorerPlan, scoresOf } from "../scoring/scorer.js";
import { type OpenModel, openModel } from "./open-model.js";

/** An open reranking model and its scorer. */
export interface OpenScorer extends Omit<OpenModel<ScorerPlan>, "plan"> {
  readonly scorer: Scorer;
}

/** Opens a reranking model. @param byCandidates for late interaction, see `planLateInteraction` */
export async function openScorer(
  model: string | URL | ModelReference | undefined,
  options: RerankerOptions,
  byCandidates = false,
): Promise<OpenScorer> {
  const { plan, ...opened } = await openModel(model, options, (spec) => planFor(spec, options, byCandidates));
  return { ...opened, scorer: plan.create({ source: opened.source, frame: opened.engine.info.frame }) };
}

/** Scores the documents of one query. */
export function scoreAll(
  { engine, scorer }: OpenScorer,
  query: string,
  documents: readonly string[],
  facts: CallOptions & CallFacts,
): Promise<number[]> {
  return withCall(engine, facts, async (call) => {
    if (documents.length === 0) return [];
    await scorer.check(call, query, documents);
    // Without a pace every document is read.
    return scoresOf(scorer, await scorer.score(call, query, documents)) as number[];
  });
}

/** The time that reading may take, and what it took before. */
export type Pacing = Omit<Pace, "stage">;

/** The scores of the documents that were read in time. */
export interface ScoredInTime {
  readonly scores: readonly (number | undefined)[];
  readonly skipped: readonly SkippedRerankStage[];
}

/** Scores as many documents as the time allows, from the first on. */
export function scoreInTime(
  { engine, scorer }: OpenScorer,
  query: string,
  documents: readonly string[],
  facts: CallOptions & CallFacts,
  pacing: Pacing,
): Promise<ScoredInTime> {
  return withCall(engine, facts, async (call) => {
    if (documents.length === 0) return { scores: [], skipped: [] };
    await scorer.check(call, query, documents);
    const pace = { ...pacing, stage: scorer.stage };
    const scores = scoresOf(scorer, await scorer.score(call, query, documents, { pace }));
    return { scores, skipped: skippedOf(scorer.stage, scores) };
  });
}

/** Returns the stage if it has not scored all its candidates. */
export function skippedOf(
  stage: SkippedRerankStage["stage"],
  scores: readonly (number | undefined)[],
): SkippedRerankStage[] {
  const scored = scores.filter((score) => score !== undefined).length;
  return scored < scores.length ? [{ stage, scored, candidates: scores.length }] : [];
}

function planFor(spec: ModelSpec, options: RerankerOptions, byCandidates: boolean): ScorerPlan {
  if (spec.kind === "reranker") return planCrossEncoder(spec, options);
  return isHybrid(spec) ? planHybrid(spec, options) : planLateInteraction(spec, options, byCandidates);
}

/** True if the model has sparse and multi-vector heads, and late interaction over its hidden states is not requested. */
function isHybrid({ sparseOutput, multiVectorOutput, lateInteraction }: EmbeddingSpec): boolean {
  return lateInteraction !== true && sparseOutput !== undefined && multiVectorOutput !== undefined;
}
