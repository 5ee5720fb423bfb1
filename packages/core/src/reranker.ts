import type { CallOptions, LoadOptions, RankedDocument, Reranker, RerankOptions } from "./api.js";
import { type CallFacts, checkCallOptions, withCall } from "./calls.js";
import { acceptCrossEncoder, createCrossEncoder } from "./cross-encoder.js";
import type { FrameSize } from "./engine/messages.js";
import type { EngineCall } from "./engine/pool.js";
import { acceptHybrid, createHybrid, weightedOutputs } from "./hybrid.js";
import { checkText, checkTexts } from "./input.js";
import { acceptLateInteraction, createLateInteraction } from "./late-interaction.js";
import { openModel } from "./open-model.js";
import { allOrError, type Outcome } from "./outcomes.js";
import type { NeededOutput } from "./outputs.js";
import { checkRanking, rank } from "./ranking.js";
import type { EmbeddingSpec, ModelReference, ModelSource, ModelSpec } from "./spec.js";

/** What distinguishes one kind of reranker from another. */
export interface Scorer {
  readonly kind: Reranker["kind"];
  readonly scale: Reranker["scale"];
  readonly maxTokens: number;
  /** One outcome a document, in order. */
  score(call: EngineCall, query: string, documents: readonly string[]): Promise<Outcome[]>;
  /** From the model's numbers for a document to its score. */
  toScore(numbers: Float32Array): number;
}

/**
 * Loads a reranker: a cross-encoder, or late interaction over an embedding model that is measured for it, or bge-m3's three
 * scores together; the model tells which.
 *
 * @param model Hugging Face id, folder, or `{ id?, directory?, ...facts }`; `{ id, lateInteraction: true }` reranks with the
 * token vectors of any other embedding model. @default late interaction with the embedded bge-small-en-v1.5
 * @throws BgeError as `loadEmbedder`
 */
export async function loadReranker(model?: string | ModelReference, options: LoadOptions = {}): Promise<Reranker> {
  const {
    spec,
    source,
    engine,
    options: checked,
  } = await openModel(model, options, {
    accept: acceptReranker,
    needs: outputsNeeded,
  });
  const scorer = createScorer(spec, source, engine.info.frame, checked);

  async function score(query: string, documents: readonly string[], callOptions: CallOptions = {}): Promise<number[]> {
    checkCallOptions(callOptions);
    return scoreAll(query, documents, callOptions, "score");
  }

  async function scoreAll(
    query: string,
    documents: readonly string[],
    limits: CallOptions,
    method: CallFacts["method"],
  ): Promise<number[]> {
    checkText(query, "query");
    checkTexts(documents, "documents");
    // A copy: the caller may change the list while we work.
    const list = [...documents];
    return withCall(engine, { ...limits, method, inputs: list.length }, async (call) => {
      const outcomes = list.length === 0 ? [] : await scorer.score(call, query, list);
      return allOrError(outcomes, (numbers) => scorer.toScore(numbers));
    });
  }

  async function rerank(
    query: string,
    documents: readonly string[],
    options: RerankOptions = {},
  ): Promise<RankedDocument[]> {
    checkCallOptions(options, ["topN", "threshold"]);
    checkRanking(options);
    return rank(await scoreAll(query, documents, options, "rerank"), options);
  }

  const dispose = () => engine.dispose();
  const { kind, scale, maxTokens } = scorer;
  return { kind, spec, source, scale, maxTokens, score, rerank, dispose, [Symbol.asyncDispose]: dispose };
}

function acceptReranker(spec: ModelSpec, options: LoadOptions): void {
  if (spec.kind === "reranker") acceptCrossEncoder(spec, options);
  else if (isHybrid(spec)) acceptHybrid(spec, options);
  else acceptLateInteraction(spec, options);
}

function createScorer(spec: ModelSpec, source: ModelSource, frame: FrameSize, options: LoadOptions): Scorer {
  if (spec.kind === "reranker") return createCrossEncoder(spec, source, frame, options);
  return isHybrid(spec) ? createHybrid(spec, source, options) : createLateInteraction(spec, source, options);
}

/** A model with heads for it, unless late interaction over its hidden states is asked for. */
function isHybrid({ sparseOutput, multiVectorOutput, lateInteraction }: EmbeddingSpec): boolean {
  return lateInteraction !== true && sparseOutput !== undefined && multiVectorOutput !== undefined;
}

function outputsNeeded(spec: ModelSpec, options: LoadOptions): readonly NeededOutput[] {
  if (spec.kind === "reranker") return [];
  return isHybrid(spec) ? weightedOutputs(options) : ["hidden"];
}
