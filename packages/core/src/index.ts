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
export { type CachedModel, type CachedRevision, cachedModels } from "./hub/cached-models.js";
export type { Downloaded, DownloadProgress } from "./hub/download.js";
export { type PullOptions, pull } from "./hub/pull.js";
export { type Verification, type VerifiedFile, type VerifyOptions, verify } from "./hub/verify.js";
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
