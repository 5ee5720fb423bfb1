import type { CallOptions, LoadOptions } from "../api/options.js";
import { type CallFacts, withCall } from "../run/call.js";
import { acceptCrossEncoder, createCrossEncoder } from "../scoring/cross-encoder.js";
import { acceptHybrid, createHybrid, weightedOutputs } from "../scoring/hybrid.js";
import { acceptLateInteraction, createLateInteraction } from "../scoring/late-interaction.js";
import { type OpenModel, openModel } from "./open-model.js";
import type { NeededOutput } from "../run/outputs.js";
import { type Scorer, scoresOf } from "../scoring/scorer.js";
import type { EmbeddingSpec, ModelReference, ModelSpec } from "../api/model.js";

/** A reranking model, open, and the kind of scores it gives. */
export interface OpenScorer extends Omit<OpenModel, "options"> {
  readonly scorer: Scorer;
}

/** @param byCandidates of late interaction: see `createLateInteraction` */
export async function openScorer(
  model: string | ModelReference | undefined,
  options: LoadOptions,
  byCandidates = false,
): Promise<OpenScorer> {
  const opened = await openModel(model, options, { accept: acceptReranker, needs: outputsNeeded });
  return { ...opened, scorer: createScorer(opened, byCandidates) };
}

/** The scores of one query's documents. */
export function scoreAll(
  { engine, scorer }: OpenScorer,
  query: string,
  documents: readonly string[],
  facts: CallOptions & CallFacts,
): Promise<number[]> {
  return withCall(engine, facts, async (call) => {
    if (documents.length === 0) return [];
    await scorer.check(call, query, documents);
    return scoresOf(scorer, await scorer.score(call, query, documents));
  });
}

function acceptReranker(spec: ModelSpec, options: LoadOptions): void {
  if (spec.kind === "reranker") acceptCrossEncoder(spec, options);
  else if (isHybrid(spec)) acceptHybrid(spec, options);
  else acceptLateInteraction(spec, options);
}

function createScorer({ spec, source, engine, options }: OpenModel, byCandidates: boolean): Scorer {
  if (spec.kind === "reranker") return createCrossEncoder(spec, source, engine.info.frame, options);
  if (isHybrid(spec)) return createHybrid(spec, source, options);
  return createLateInteraction(spec, source, options, byCandidates);
}

/** A model with heads for it, unless late interaction over its hidden states is asked for. */
function isHybrid({ sparseOutput, multiVectorOutput, lateInteraction }: EmbeddingSpec): boolean {
  return lateInteraction !== true && sparseOutput !== undefined && multiVectorOutput !== undefined;
}

function outputsNeeded(spec: ModelSpec, options: LoadOptions): readonly NeededOutput[] {
  if (spec.kind === "reranker") return [];
  return isHybrid(spec) ? weightedOutputs(options) : ["hidden"];
}
