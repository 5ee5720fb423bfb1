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
export { loadEmbedder } from "./embedder.js";
export { BgeError, type BgeErrorCode } from "./errors.js";
export { MODELS } from "./models.js";
export { loadReranker } from "./reranker.js";
export { type ResolvedModel, resolveModel } from "./resolve.js";
export { hybridScore, sparseScore } from "./scores.js";
export type {
  Architecture,
  Batching,
  Dtype,
  EmbeddingSpec,
  FewShot,
  ModelFacts,
  ModelReference,
  ModelSource,
  ModelSpec,
  Padding,
  Pooling,
  RerankerPrompt,
  RerankerSpec,
  TaskInstructions,
} from "./spec.js";
