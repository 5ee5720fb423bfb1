export type {
  CallOptions,
  EmbedDocumentsOptions,
  Embedder,
  EmbedStreamOptions,
  InputType,
  LoadOptions,
  RankedDocument,
  Reranker,
  RerankOptions,
  Scale,
  TokenVectors,
  TruncationReport,
} from "./api.js";
export { loadEmbedder } from "./embedder.js";
export { BgeError, type BgeErrorCode } from "./errors.js";
export { MODELS } from "./models.js";
export { loadReranker } from "./reranker.js";
export { type ResolvedModel, resolveModel } from "./resolve.js";
export type {
  Architecture,
  Batching,
  Dtype,
  EmbeddingSpec,
  ModelFacts,
  ModelReference,
  ModelSource,
  ModelSpec,
  Pooling,
  RerankerSpec,
} from "./spec.js";
