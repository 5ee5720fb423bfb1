export type { EmbedDocumentsOptions, Embedder, EmbedOptions, EmbedStreamOptions } from "./api/embedder.js";
export type {
  EmbeddingOutput,
  LexicalWeight,
  RecordOutput,
  SparseVector,
  TextEmbedding,
  TokenVectors,
} from "./api/embedding.js";
export { BgeError, type BgeErrorCode } from "./api/errors.js";
export { type BgeEvents, onEvent } from "./api/events.js";
export type { KeepInMemory, RowEntry, RowStore } from "./api/keep.js";
export type {
  Device,
  Dtype,
  EmbeddingSpec,
  ModelReference,
  ModelSource,
  ModelSpec,
  OpenSource,
  RerankerSpec,
  ServedSource,
} from "./api/model.js";
export type {
  CallOptions,
  DownloadProgress,
  EmbedderOptions,
  FewShotExample,
  HybridWeights,
  InputType,
  LoadOptions,
  RerankerOptions,
  TruncationReport,
} from "./api/options.js";
export type {
  CalibrateRangesOptions,
  Precision,
  QuantizationRanges,
  QuantizedVector,
  QuantizeOptions,
  TopKQuantizedOptions,
} from "./api/quantization.js";
export type { RemoteApi, RemoteModel } from "./api/remote.js";
export type { RankedDocument, Reranker, RerankOptions, Scale, SkippedRerankStage } from "./api/reranker.js";
export type { SplitOptions, TextChunk, TextFormat, TokenCounter } from "./api/split.js";
export type {
  CalibrateOptions,
  Calibration,
  CalibrationCaution,
  Estimate,
  Interval,
  LabelledPair,
  ScoredPair,
  ScorePairsOptions,
  ThresholdCriterion,
  ThresholdPoint,
} from "./api/thresholds.js";
export { loadEmbedder } from "./embedder.js";
export type { PulledModel } from "./hub/download.js";
export { type PullOptions, pullModel } from "./hub/pull.js";
export { type Verification, type VerifyOptions, verifyModel } from "./hub/verify.js";
export { type CachedModel, cachedModels } from "./model/cached-models.js";
export { type ResolvedModel, resolveModel } from "./model/resolve.js";
export { MODELS } from "./model/table.js";
export { loadReranker } from "./reranker.js";
export { hybridScore, similarity, sparseScore, topK } from "./similarity.js";
export { createTokenCounter, splitText } from "./split-text.js";
export { calibrate } from "./thresholds/calibrate.js";
export { scorePairs } from "./thresholds/score-pairs.js";
export { quantize } from "./vectors/quantize.js";
export { calibrateRanges } from "./vectors/ranges.js";
export { hammingDistance, topKQuantized } from "./vectors/search.js";
