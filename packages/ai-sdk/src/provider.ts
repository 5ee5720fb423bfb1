import { type EmbeddingModelV3, NoSuchModelError, type ProviderV3, type RerankingModelV3 } from "@ai-sdk/provider";
import type { LoadOptions } from "@bge-js/core";
import { type BgeEmbeddingModelInput, createEmbeddingModel } from "./embedding-model.js";
import { createHandles } from "./handles.js";
import { type BgeRelevanceScorer, createRelevanceScorer } from "./relevance-scorer.js";
import { type BgeRerankingModelInput, createRerankingModel } from "./reranking-model.js";

/** Load options of `@bge-js/core` for every model that the provider loads. A model's own options take precedence. */
export type BgeProviderSettings = LoadOptions;

/**
 * Local models for the AI SDK and Mastra. Models load on their first call; asking twice for the same model, with the
 * same options, loads it once.
 */
export interface BgeProvider extends ProviderV3, AsyncDisposable {
  /**
   * Returns a model for `embed` and `embedMany`. The SDK does not say whether a text is a query or a document. Here it
   * is a document unless `providerOptions: { bge: { inputType: "query" } }` says otherwise; see `queries`.
   *
   * @param model @default the embedded bge-small-en-v1.5
   * @throws BgeError `INVALID_OPTION` for a loaded model that is not an embedder, or that is combined with load options
   */
  embeddingModel(model?: BgeEmbeddingModelInput): EmbeddingModelV3;
  /** The same as `embeddingModel`. */
  embedding(model?: BgeEmbeddingModelInput): EmbeddingModelV3;
  /** The same model for queries: texts get its query instruction unless `providerOptions` says otherwise. */
  queries(model?: BgeEmbeddingModelInput): EmbeddingModelV3;
  /**
   * Returns a model for `rerank`. Without a model, it ranks by late interaction and a small cross-encoder, with scores
   * comparable only within one call (`scale: "fused"`); a named model gives scores from 0 to 1. Objects are ranked by
   * their JSON text, with a warning.
   *
   * @param model @default the embedded models
   * @throws BgeError `INVALID_OPTION` as `embeddingModel`, and for a `threshold` on fused scores
   */
  rerankingModel(model?: BgeRerankingModelInput): RerankingModelV3;
  /** The same as `rerankingModel`. */
  reranking(model?: BgeRerankingModelInput): RerankingModelV3;
  /**
   * Returns a scorer for Mastra's `rerankWithScorer`.
   *
   * @param model @default bge-js/reranker-small-en
   * @throws BgeError `INVALID_OPTION` as `embeddingModel`, and for the scales "logit" and "fused", which Mastra cannot add to others
   */
  relevanceScorer(model?: BgeRerankingModelInput): BgeRelevanceScorer;
  /** Frees the models that the provider loaded, but never shared ones. Later calls reject with `DISPOSED`. */
  dispose(): Promise<void>;
}

/**
 * Creates a provider. Nothing is loaded yet.
 *
 * @example
 * ```ts
 * const bge = createBge({ workers: 1 });
 * const { embeddings } = await embedMany({ model: bge.embeddingModel("BAAI/bge-base-en-v1.5"), values });
 * ```
 */
export function createBge(settings: BgeProviderSettings = {}): BgeProvider {
  const handles = createHandles();
  const embeddingModel = (model: BgeEmbeddingModelInput = {}) =>
    createEmbeddingModel(model, "document", settings, handles);
  const rerankingModel = (model: BgeRerankingModelInput = {}) => createRerankingModel(model, settings, handles);
  const dispose = () => handles.dispose();
  return {
    specificationVersion: "v3",
    embeddingModel,
    embedding: embeddingModel,
    queries: (model = {}) => createEmbeddingModel(model, "query", settings, handles),
    rerankingModel,
    reranking: rerankingModel,
    relevanceScorer: (model = {}) => createRelevanceScorer(model, settings, handles),
    languageModel: (modelId) => refuse(modelId, "languageModel"),
    imageModel: (modelId) => refuse(modelId, "imageModel"),
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

function refuse(modelId: string, modelType: "languageModel" | "imageModel"): never {
  const message = `bge-js has no ${modelType} "${modelId}", but embedding and reranking models alone.`;
  throw new NoSuchModelError({ modelId, modelType, message });
}

/** A provider with default settings. */
export const bge: BgeProvider = createBge();
