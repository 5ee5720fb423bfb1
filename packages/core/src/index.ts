export type { RankedDocument, Reranker, RerankOptions, Scale } from "./api/reranker.js";
export type { EmbedDocumentsOptions, Embedder, EmbedOptions, EmbedStreamOptions } from "./api/embedder.js";
export type { CallOptions, FewShotExample, HybridWeights, InputType, LoadOptions, TruncationReport } from "./api/options.js";
export type { EmbeddingOutput, LexicalWeight, SparseVector, TextEmbedding, TokenVectors } from "./api/embedding.js";
export type { DeviceOption } from "./api/model.js";
export { loadEmbedder } from "./embedder.js";
export { BgeError, type BgeErrorCode } from "./api/errors.js";
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
} from "./api/events.js";
export { type CachedModel, type CachedRevision, cachedModels } from "./model/cached-models.js";
export type { Downloaded } from "./hub/download.js";
export type { DownloadProgress } from "./api/options.js";
export { type PullOptions, pull } from "./hub/pull.js";
export { type Verification, type VerifiedFile, type VerifyOptions, verify } from "./hub/verify.js";
export { MODELS } from "./model/table.js";
export { loadReranker } from "./reranker.js";
export { type ResolvedModel, resolveModel } from "./model/resolve.js";
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
} from "../../retriever/src/api.js";
export { loadRetriever } from "../../retriever/src/load.js";
export { hybridScore, sparseScore } from "./similarity.js";
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
} from "./api/model.js";
