export type { BgeEmbeddingModelInput } from "./embedding-model.js";
export { type BgeProvider, type BgeProviderSettings, bge, createBge } from "./provider.js";
export type { BgeEmbeddingProviderOptions } from "./provider-options.js";
export type { BgeRelevanceScorer } from "./relevance-scorer.js";
export type { BgeRerankingModelFields, BgeRerankingModelInput } from "./reranking-model.js";
