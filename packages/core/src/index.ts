export type {
  CallOptions,
  EmbedDocumentsOptions,
  Embedder,
  EmbeddingOutput,
  EmbedOptions,
  EmbedStreamOptions,
  FewShotExample,
  HybridWeights,
  InputType,
  LexicalWeight,
  LoadOptions,
  RankedDocument,
  Reranker,
  RerankOptions,
  Scale,
  SparseVector,
  TextEmbedding,
  TokenVectors,
  TruncationReport,
} from "./api.js";
export type { DeviceOption } from "./devices.js";
export { loadEmbedder } from "./embedder.js";
export { BgeError, type BgeErrorCode } from "./errors.js";
export {
  type BgeEvents,
  type CallEvent,
  type CallStartEvent,
  type CanaryEvent,
  type DeviceEvent,
  type DownloadEvent,
  type LoadEvent,
  type Method,
  type Outcome,
  onEvent,
  type RunEvent,
  type TruncateEvent,
  type WorkerEvent,
} from "./events.js";
export { type CachedModel, type CachedRevision, cachedModels } from "./hub/cached-models.js";
export type { Downloaded, DownloadProgress } from "./hub/download.js";
export { type PullOptions, pull } from "./hub/pull.js";
export { type Verification, type VerifiedFile, type VerifyOptions, verify } from "./hub/verify.js";
export { MODELS } from "./models.js";
export { loadReranker } from "./reranker.js";
export { type ResolvedModel, resolveModel } from "./resolve.js";
export type {
  Added,
  AddOptions,
  AnyDocument,
  Retriever,
  RetrieverDocument,
  RetrieverOptions,
  SearchOptions,
  SearchResult,
  SearchResults,
  SkippedStage,
  Stage,
} from "./retriever/api.js";
export { loadRetriever } from "./retriever/load.js";
export { hybridScore, sparseScore } from "./scores.js";
export type {
  Architecture,
  Batching,
  Device,
  Dtype,
  EmbeddingSpec,
  FewShot,
  ModelFacts,
  ModelReference,
  ModelSource,
  ModelSpec,
  OpenSource,
  Padding,
  Pooling,
  RerankerPrompt,
  RerankerSpec,
  TaskInstructions,
} from "./spec.js";
