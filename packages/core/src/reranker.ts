import type { CallOptions, LoadOptions, RankedDocument, Reranker, RerankOptions } from "./api.js";
import { checkCallOptions, withCall } from "./calls.js";
import { acceptCrossEncoder, createCrossEncoder } from "./cross-encoder.js";
import type { EngineCall } from "./engine/pool.js";
import { checkText, checkTexts } from "./input.js";
import { acceptLateInteraction, createLateInteraction } from "./late-interaction.js";
import { openModel } from "./open-model.js";
import { allOrError, type Outcome } from "./outcomes.js";
import { checkRanking, rank } from "./ranking.js";
import type { ModelReference, ModelSpec } from "./spec.js";

/** What distinguishes one kind of reranker from another. */
export interface Scorer {
  readonly kind: Reranker["kind"];
  readonly scale: Reranker["scale"];
  readonly maxTokens: number;
  /** One outcome of one number a document, in order. */
  score(call: EngineCall, query: string, documents: readonly string[]): Promise<Outcome[]>;
  /** From the model's number to the score. */
  toScore(value: number): number;
}

/**
 * Loads a reranker: a cross-encoder, or late interaction over an embedding model that is measured for it; the model tells which.
 *
 * @param model Hugging Face id, folder, or `{ id?, directory?, ...facts }`; `{ id, lateInteraction: true }` reranks with the
 * token vectors of any other embedding model. @default late interaction with the embedded bge-small-en-v1.5
 * @throws BgeError as `loadEmbedder`
 */
export async function loadReranker(model?: string | ModelReference, options: LoadOptions = {}): Promise<Reranker> {
  const { spec, source, engine, options: checked } = await openModel(model, options, acceptReranker);
  const scorer =
    spec.kind === "reranker"
      ? createCrossEncoder(spec, source, engine.info.frame, checked)
      : createLateInteraction(spec, source, checked);

  async function score(query: string, documents: readonly string[], callOptions: CallOptions = {}): Promise<number[]> {
    checkCallOptions(callOptions);
    return scoreAll(query, documents, callOptions);
  }

  async function scoreAll(query: string, documents: readonly string[], limits: CallOptions): Promise<number[]> {
    checkText(query, "query");
    checkTexts(documents, "documents");
    // A copy: the caller may change the list while we work.
    const list = [...documents];
    const outcomes = await withCall(engine, limits, async (call) =>
      list.length === 0 ? [] : scorer.score(call, query, list),
    );
    return allOrError(outcomes, ([value]) => scorer.toScore(value!));
  }

  async function rerank(
    query: string,
    documents: readonly string[],
    options: RerankOptions = {},
  ): Promise<RankedDocument[]> {
    checkCallOptions(options, ["topN", "threshold"]);
    checkRanking(options);
    return rank(await scoreAll(query, documents, options), options);
  }

  const dispose = () => engine.dispose();
  const { kind, scale, maxTokens } = scorer;
  return { kind, spec, source, scale, maxTokens, score, rerank, dispose, [Symbol.asyncDispose]: dispose };
}

function acceptReranker(spec: ModelSpec, options: LoadOptions): void {
  if (spec.kind === "reranker") acceptCrossEncoder(spec, options);
  else acceptLateInteraction(spec, options);
}
