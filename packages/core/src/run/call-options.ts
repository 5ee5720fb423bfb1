import type { EmbedDocumentsOptions, EmbedOptions, EmbedStreamOptions } from "../api/embedder.js";
import type { MultimodalCallOptions, MultimodalStreamOptions } from "../api/multimodal.js";
import type { CallOptions, InputType } from "../api/options.js";
import type { RerankOptions } from "../api/reranker.js";
import {
  type Checks,
  isCount,
  isFiniteNumber,
  isFlag,
  isFunction,
  isList,
  isPositive,
  isSignal,
  oneOf,
} from "../checks.js";
import { areRanges } from "../vectors/ranges.js";

const CALL: Checks<CallOptions> = { signal: isSignal, deadlineMs: isFiniteNumber };
const inputType = oneOf("query", "document");

/** Checks for the options of each method of an embedder or a reranker. */
export const CALL_OPTIONS = {
  any: CALL,
  embedDocuments: { ...CALL, onProgress: isFunction } satisfies Checks<EmbedDocumentsOptions>,
  embed: {
    ...CALL,
    onProgress: isFunction,
    inputType,
    outputs: isList,
    ranges: areRanges,
  } satisfies Checks<EmbedOptions>,
  embedStream: {
    ...CALL,
    inputType,
    outputs: isList,
    ranges: areRanges,
    onError: oneOf("throw", "skip"),
    onSkip: isFunction,
    retryLost: isFlag,
  } satisfies Checks<EmbedStreamOptions>,
  embedTokens: { ...CALL, inputType } satisfies Checks<CallOptions & { inputType: InputType }>,
  multimodal: { ...CALL, inputType, onProgress: isFunction } satisfies Checks<MultimodalCallOptions>,
  multimodalStream: {
    ...CALL,
    inputType,
    onError: oneOf("throw", "skip"),
    onSkip: isFunction,
    retryLost: isFlag,
  } satisfies Checks<MultimodalStreamOptions>,
  rerank: {
    ...CALL,
    topN: isCount,
    threshold: isFiniteNumber,
    budgetMs: isPositive,
    onSkipped: isFunction,
  } satisfies Checks<RerankOptions>,
} as const;
