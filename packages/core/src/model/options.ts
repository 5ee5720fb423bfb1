import type { EmbeddingOutput } from "../api/embedding.js";
import { invalid } from "../api/errors.js";
import type { KeepInMemory, RowStore } from "../api/keep.js";
import type { EmbeddingSpec, ModelSpec } from "../api/model.js";
import type { EmbedderOptions, FewShotExample, LoadOptions, RerankerOptions } from "../api/options.js";
import { type Checks, isCount, isFlag, isFunction, isHybridWeights, isSignal, isText, oneOf } from "../checks.js";
import { isRevision } from "./names.js";

/** The options that choose a model's files. */
export const FILE_OPTIONS: Checks<Pick<LoadOptions, "dtype" | "revision">> = {
  dtype: oneOf("fp32", "fp16", "int8", "q8"),
  revision: (value) => (typeof value === "string" && isRevision(value) ? undefined : "a branch, a tag or a commit"),
};

export const LOAD: Checks<LoadOptions> = {
  ...FILE_OPTIONS,
  maxTokens: isCount,
  truncation: oneOf("error", "warn", "silent"),
  onTruncate: isFunction,
  threads: isCount,
  workers: isCount,
  isolation: oneOf("thread", "process"),
  retryLost: isFlag,
  maxQueuedTokens: isCount,
  device: oneOf("auto", "cpu", "cuda", "coreml", "dml", "webgpu"),
  canaries: isFlag,
  download: isFlag,
  onDownload: isFunction,
  endpoint: isText,
  signal: isSignal,
};

const VECTORS: Checks<Pick<EmbedderOptions & RerankerOptions, "dimensions" | "queryInstruction">> = {
  dimensions: isCount,
  queryInstruction: (value) => (typeof value === "string" || value === false ? undefined : "a string or false"),
};

const OUTPUTS: readonly EmbeddingOutput[] = ["dense", "sparse", "multiVector"];

export const EMBEDDER_OPTIONS: Checks<EmbedderOptions> = {
  ...LOAD,
  ...VECTORS,
  task: isText,
  examples: (value) =>
    Array.isArray(value) && value.every(isExample)
      ? undefined
      : "a list of { instruction?, query, response }, all strings",
  outputs: (value) =>
    Array.isArray(value) && Array.from(value).every((one) => OUTPUTS.includes(one as EmbeddingOutput))
      ? undefined
      : `a list of ${OUTPUTS.join(", ")}`,
  keep: (value) => (isStore(value) ? undefined : "a store, as openStore of @bge-js/store returns it"),
};

export const RERANKER_OPTIONS: Checks<RerankerOptions> = {
  ...LOAD,
  ...VECTORS,
  scale: oneOf("logit", "sigmoid", "fused"),
  cutoffLayer: isCount,
  keep: (value) =>
    value === false || isStore(value) || isKeepInMemory(value) ? undefined : "a store, { maxBytes } or false",
  weights: isHybridWeights,
};

/** More than any machine has. A session starts all of its threads at once: with millions it would never be open. */
const MOST_THREADS = 1024;

/** Rejects more threads than any machine has, and more workers than threads. @throws BgeError `INVALID_OPTION` */
export function checkThreads({ threads, workers }: LoadOptions): void {
  for (const [name, value = 0] of Object.entries({ threads, workers })) {
    if (value > MOST_THREADS) throw invalid(name, `must be at most ${MOST_THREADS}, not ${value}`);
  }
  if (threads === undefined || workers === undefined || workers <= threads) return;
  throw invalid("workers", `(${workers}) must not exceed threads (${threads}), because each worker needs one`);
}

/** Rejects an option that does not apply to the model. @throws BgeError `INVALID_OPTION` */
export function refuse<Options extends object>(
  options: Options,
  names: readonly (keyof Options & string)[],
  reason: string,
): void {
  const name = names.find((candidate) => options[candidate] !== undefined);
  if (name !== undefined) throw invalid(name, `does not apply: ${reason}`);
}

/** [CLS], one token of text, and [SEP]. */
export const LEAST_TEXT_TOKENS = 3;

/** Returns the token limit in use. `least` is the lowest limit that leaves room for text. @throws BgeError `INVALID_OPTION` */
export function maxTokensOf(options: LoadOptions, spec: ModelSpec, least: number): number {
  const maxTokens = options.maxTokens ?? spec.defaultMaxTokens ?? spec.maxTokens;
  if (maxTokens > spec.maxTokens || maxTokens < least) {
    throw invalid("maxTokens", `must be ${least} to ${spec.maxTokens} for ${spec.id}, not ${maxTokens}`);
  }
  return maxTokens;
}

/** Returns the vector length in use. @throws BgeError `INVALID_OPTION` */
export function dimensionsOf(options: Pick<EmbedderOptions, "dimensions">, spec: EmbeddingSpec): number {
  return widthOf(options.dimensions ?? Math.min(spec.defaultDimensions ?? spec.dimensions, spec.dimensions), spec);
}

/** Returns the token vector length in use. A cut in the model's files only applies to text vectors. @throws BgeError `INVALID_OPTION` */
export function tokenDimensionsOf(options: Pick<EmbedderOptions, "dimensions">, spec: EmbeddingSpec): number {
  return widthOf(options.dimensions ?? spec.dimensions, spec);
}

function widthOf(dimensions: number, spec: EmbeddingSpec): number {
  if (dimensions > spec.dimensions) {
    throw invalid("dimensions", `must be 1 to ${spec.dimensions} for ${spec.id}, not ${dimensions}`);
  }
  return dimensions;
}

function isExample(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { instruction = "", query, response, ...rest } = value as FewShotExample;
  return [instruction, query, response].every((text) => typeof text === "string") && Object.keys(rest).length === 0;
}

function isStore(value: unknown): boolean {
  const { get, put } = (value ?? {}) as Partial<RowStore>;
  return typeof get === "function" && typeof put === "function";
}

function isKeepInMemory(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { maxBytes, ...rest } = value as KeepInMemory;
  return Number.isFinite(maxBytes) && maxBytes > 0 && Object.keys(rest).length === 0;
}
