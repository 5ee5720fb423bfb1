import type { FewShotExample, HybridWeights, LoadOptions } from "../api/options.js";
import { invalid } from "../api/errors.js";
import { isRevision } from "./names.js";
import type { EmbeddingSpec, ModelSpec } from "../api/model.js";

type Check = (value: unknown) => string | undefined;

const CHECKS: Readonly<Record<keyof LoadOptions, Check>> = {
  dtype: oneOf("fp32", "fp16", "int8", "q8"),
  maxTokens: count,
  dimensions: count,
  queryInstruction: (value) => (typeof value === "string" || value === false ? undefined : "a string or false"),
  task: (value) => (typeof value === "string" ? undefined : "a string"),
  examples: (value) => (Array.isArray(value) && value.every(isExample) ? undefined : EXAMPLES),
  outputs: (value) => (Array.isArray(value) ? undefined : "a list of outputs"),
  cutoffLayer: count,
  weights: (value) => (isWeights(value) ? undefined : WEIGHTS),
  truncation: oneOf("error", "warn", "silent"),
  onTruncate: (value) => (typeof value === "function" ? undefined : "a function"),
  threads: count,
  workers: count,
  isolation: oneOf("thread", "process"),
  retryLost: (value) => (typeof value === "boolean" ? undefined : "true or false"),
  maxQueuedTokens: count,
  device: oneOf("auto", "cpu", "cuda", "coreml", "dml", "webgpu"),
  canaries: (value) => (typeof value === "boolean" ? undefined : "true or false"),
  scale: oneOf("logit", "sigmoid", "fused"),
  revision: (value) => (typeof value === "string" && isRevision(value) ? undefined : "a branch, a tag or a commit"),
  download: (value) => (typeof value === "boolean" ? undefined : "true or false"),
  onDownload: (value) => (typeof value === "function" ? undefined : "a function"),
  endpoint: (value) => (typeof value === "string" ? undefined : "the address of a hub"),
  signal: (value) => (value instanceof AbortSignal ? undefined : "an AbortSignal"),
};

/** Refuses unknown options and values of the wrong kind. Options that are `undefined` count as not given. */
export function checkOptions(options: LoadOptions): LoadOptions {
  if (typeof options !== "object" || options === null) throw invalid("options", "must be an object");
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  for (const [name, value] of Object.entries(given)) {
    const check = Object.hasOwn(CHECKS, name) ? CHECKS[name as keyof LoadOptions] : undefined;
    if (check === undefined) throw invalid(name, `is not an option; known are ${Object.keys(CHECKS).join(", ")}`);
    const wanted = check(value);
    if (wanted !== undefined) throw invalid(name, `must be ${wanted}, not ${shown(value)}`);
  }
  const { threads, workers } = given as LoadOptions;
  if (threads !== undefined && workers !== undefined && workers > threads) {
    throw invalid("workers", `(${workers}) must not be more than threads (${threads}): each worker needs one`);
  }
  return given;
}

/** Refuses options of a call that do not exist, callbacks that cannot be called, and times that are none. */
export function checkCallOptions(options: CallOptions, own: readonly string[] = []): void {
  if (typeof options !== "object" || options === null) throw invalid("options", "must be an object");
  const known = ["signal", "deadlineMs", ...own];
  for (const [name, value] of Object.entries(options)) {
    if (!known.includes(name)) throw invalid(name, `is not an option of this call; known are ${known.join(", ")}`);
    if (/^on[A-Z]/.test(name) && name !== "onError" && value !== undefined && typeof value !== "function") {
      throw invalid(name, "must be a function");
    }
  }
  const { deadlineMs = 0 } = options;
  if (!Number.isFinite(deadlineMs)) throw invalid("deadlineMs", "must be a finite number of milliseconds");
}

/** Refuses an option that means nothing for this model. */
export function refuse(options: LoadOptions, names: readonly (keyof LoadOptions)[], reason: string): void {
  const name = names.find((candidate) => options[candidate] !== undefined);
  if (name !== undefined) throw invalid(name, `does not apply: ${reason}`);
}

/** [CLS], [SEP] and one token of a text between them. */
export const LEAST_TEXT_TOKENS = 3;

/** The token limit in use. `least` is what special tokens alone would fill. */
export function maxTokensOf(options: LoadOptions, spec: ModelSpec, least: number): number {
  const maxTokens = options.maxTokens ?? spec.defaultMaxTokens ?? spec.maxTokens;
  if (maxTokens > spec.maxTokens || maxTokens < least) {
    throw invalid("maxTokens", `must be ${least} to ${spec.maxTokens} for ${spec.id}, not ${maxTokens}`);
  }
  return maxTokens;
}

/** The vector width in use. */
export function dimensionsOf(options: LoadOptions, spec: EmbeddingSpec): number {
  const { dimensions = spec.dimensions } = options;
  if (dimensions > spec.dimensions) {
    throw invalid("dimensions", `must be 1 to ${spec.dimensions} for ${spec.id}, not ${dimensions}`);
  }
  return dimensions;
}

function shown(value: unknown): string {
  return typeof value === "string" || typeof value === "object" ? JSON.stringify(value) : String(value);
}

const EXAMPLES = "a list of { instruction?, query, response }, all strings";

function isExample(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { instruction = "", query, response, ...rest } = value as FewShotExample;
  return [instruction, query, response].every((text) => typeof text === "string") && Object.keys(rest).length === 0;
}

const WEIGHTS = "{ dense, sparse, multiVector }, numbers of at least 0 and not all 0";

function isWeights(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { dense, sparse, multiVector, ...rest } = value as HybridWeights;
  const weights = [dense, sparse, multiVector];
  return (
    weights.every((weight) => Number.isFinite(weight) && weight >= 0) &&
    weights.some((weight) => weight > 0) &&
    Object.keys(rest).length === 0
  );
}

function oneOf(...allowed: readonly string[]): Check {
  return (value) => (allowed.includes(value as string) ? undefined : allowed.map((one) => `"${one}"`).join(" or "));
}

function count(value: unknown): string | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 1 ? undefined : "a whole number of at least 1";
}
