import {
  abandon,
  type Check,
  type Checks,
  checkOptions,
  invalid,
  isCount,
  isFlag,
  isFolder,
  isFunction,
  isSignal,
  isThenable,
  isUrl,
  shown,
} from "@bge-js/core/adapter";
import type { AddOptions, RetrieverOptions, SearchOptions, Stage } from "./api.js";

/** Stages over all documents. */
export const FIRST_STAGES = ["lexical", "dense"] as const satisfies readonly Stage[];
/** Stages over the best candidates so far, in the order in which they run. */
export const LATER_STAGES = ["lateInteraction", "crossEncoder"] as const satisfies readonly Stage[];
export const STAGES: readonly Stage[] = [...FIRST_STAGES, ...LATER_STAGES];

/** For the models' own options, which are checked when these are loaded. */
export const anything: Check = () => undefined;
const LOAD: Checks<NonNullable<RetrieverOptions["load"]>> = {
  download: anything,
  endpoint: anything,
  isolation: anything,
  maxQueuedTokens: anything,
  onDownload: anything,
  onTruncate: anything,
  retryLost: anything,
  signal: anything,
  threads: anything,
  truncation: anything,
  workers: anything,
};

export const isWeight: Check = (value) =>
  Number.isFinite(value) && (value as number) >= 0 ? undefined : "a number of at least 0";
const isEmbedder = modelWith("embedder", ["embedQuery", "embedStream", "spec"]);
const isReranker = modelWith("reranker", ["rerank", "score", "kind"]);

export const RETRIEVER: Checks<RetrieverOptions> = {
  embedder(value) {
    if (!isLoaded(value, ["pictures"])) return isEmbedder(value);
    throw invalid("embedder", "reads pictures too: use loadMultimodalRetriever of @bge-js/retriever/multimodal");
  },
  reranker: (value) => (value === false ? undefined : isReranker(value)),
  lateInteraction: (value) =>
    typeof value === "boolean" || isLoaded(value, ["score"]) ? undefined : "true, false or a loaded reranker",
  candidates: byStage("candidates", isCount),
  weights: byStage("weights", isWeight),
  directory: isFolder,
  readOnly: isFlag,
  load(value) {
    checkOptions(value as object, LOAD, "load");
    return undefined;
  },
};

export const ADD: Checks<AddOptions> = { signal: isSignal, onProgress: isFunction, onFailed: isFunction };

export const SEARCH: Checks<SearchOptions<unknown>> = {
  topN: isCount,
  filter: isFunction,
  budgetMs: (value) =>
    Number.isFinite(value) && (value as number) > 0 ? undefined : "a number of milliseconds over 0",
  stages: (value) => (Array.isArray(value) ? undefined : "a list of stages"),
  signal: isSignal,
};

export function checkRetrieverOptions(options: RetrieverOptions): RetrieverOptions {
  return withPlace(checkOptions(options, RETRIEVER, "loadRetriever"));
}

/** Refuses to only read what is in memory. */
export function withPlace<Options extends Pick<RetrieverOptions, "directory" | "readOnly">>(given: Options): Options {
  if (given.readOnly === true && given.directory === undefined) throw invalid("readOnly", "needs a directory to read");
  return given;
}

export const checkAddOptions = (options: AddOptions) => checkOptions(options, ADD, "add");
export const checkSearchOptions = <D>(options: SearchOptions<D>) =>
  checkOptions(options, SEARCH as Checks<SearchOptions<D>>, "search");

/** Returns the stages of one search, in the order in which they run. */
export function stagesToRun(asked: readonly Stage[] | undefined, loaded: readonly Stage[]): readonly Stage[] {
  if (asked === undefined) return loaded;
  const missing = asked.find((stage) => !loaded.includes(stage));
  if (missing !== undefined)
    throw invalid("stages", `contains ${shown(missing)}, which is not loaded; loaded are ${loaded.join(", ")}`);
  if (!asked.includes("lexical") && !asked.includes("dense")) {
    throw invalid("stages", "must include lexical or dense, which find the candidates");
  }
  return loaded.filter((stage) => asked.includes(stage));
}

/** Accepts a model's name, a model reference, or a loaded model with these members. */
export function modelWith(kind: string, members: readonly string[]): Check {
  return (value) => {
    if (typeof value === "string" || isUrl(value)) return undefined;
    if (isThenable(value)) return `a ${kind}, not a promise of one: await it`;
    if (typeof value !== "object" || value === null) return `a model or a loaded ${kind}`;
    return !("dispose" in value) || isLoaded(value, members) ? undefined : `a loaded ${kind} or a model to load`;
  };
}

export function isLoaded(value: unknown, members: readonly string[]): boolean {
  return typeof value === "object" && value !== null && ["dispose", ...members].every((member) => member in value);
}

/** Accepts values by stage that all pass `check`. */
export function byStage(parameter: string, check: Check, stages = STAGES): Check {
  const checks = Object.fromEntries(stages.map((stage) => [stage, anything])) as Checks<Record<Stage, unknown>>;
  return (values) => {
    const given = checkOptions(values as Record<Stage, unknown>, checks, parameter);
    for (const [stage, value] of Object.entries(given)) {
      const wanted = check(value);
      if (wanted !== undefined)
        throw invalid(parameter, `must be ${wanted} by stage, not ${shown(value)} for ${stage}`);
    }
    return undefined;
  };
}

/** Wraps a filter to check its results: any other truthy value, a promise above all, would accept every document. */
export function strictFilter<D>(filter: (document: D) => boolean): (document: D) => boolean {
  return (document) => {
    const answer: unknown = filter(document);
    if (typeof answer === "boolean") return answer;
    abandon(answer);
    const given = isThenable(answer)
      ? "a promise, which is not awaited: look up what it needs before the search"
      : answer === null
        ? "null"
        : typeof answer;
    throw invalid("filter", `must return true or false, not ${given}`);
  };
}

/** Checks a vector of an embedder, which may be the caller's own. */
export function checkVector(vector: Float32Array, dimensions: number): void {
  if (vector?.length !== dimensions) {
    throw invalid("embedder", `returned a vector of ${vector?.length ?? "no"} numbers instead of ${dimensions}`);
  }
  const wrong = vector.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw invalid("embedder", `returned a vector with ${vector[wrong]} in it`);
}
