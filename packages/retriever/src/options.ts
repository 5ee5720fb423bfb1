import { BgeError } from "../../core/src/api/errors.js";
import { checkText } from "../../core/src/text/input.js";
import { invalid } from "../../core/src/api/errors.js";
import { checkRanking } from "../../core/src/scoring/ranking.js";
import type { AddOptions, RetrieverOptions, SearchOptions, Stage } from "./api.js";

const STAGES: readonly Stage[] = ["lexical", "dense", "lateInteraction", "crossEncoder"];
const LOAD = [
  "download",
  "endpoint",
  "isolation",
  "maxQueuedTokens",
  "onDownload",
  "onTruncate",
  "retryLost",
  "signal",
  "threads",
  "truncation",
  "workers",
];

/** The options that were given, all of them known and of the right kind; those for the models are checked as these are loaded. */
export function checkRetrieverOptions(options: RetrieverOptions): RetrieverOptions {
  const given = known(options, "options", ["embedder", "reranker", "lateInteraction", "candidates", "weights", "load"]);
  checkModel(given.embedder, "embedder", ["embedQuery", "embedStream", "spec"]);
  if (given.reranker !== false) checkModel(given.reranker, "reranker", ["rerank", "score", "kind"]);
  if (typeof given.lateInteraction !== "boolean") checkLoaded(given.lateInteraction);
  checkByStage(
    given.candidates,
    "candidates",
    (value) => Number.isSafeInteger(value) && value >= 1,
    "whole numbers of at least 1",
  );
  checkByStage(given.weights, "weights", (value) => Number.isFinite(value) && value >= 0, "numbers of at least 0");
  if (given.load !== undefined) known(given.load, "load", LOAD);
  return given;
}

export function checkAddOptions(options: AddOptions): void {
  const { onProgress, signal } = known(options, "options", ["signal", "onProgress"]);
  checkFunction(onProgress, "onProgress");
  checkSignal(signal);
}

export function checkSearchOptions<D>(options: SearchOptions<D>): void {
  const { topN, filter, budgetMs, signal } = known(options, "options", [
    "topN",
    "filter",
    "budgetMs",
    "stages",
    "signal",
  ]);
  checkRanking(topN === undefined ? {} : { topN });
  checkFunction(filter, "filter");
  if (budgetMs !== undefined && !(Number.isFinite(budgetMs) && budgetMs > 0)) {
    throw invalid("budgetMs", `must be a number of milliseconds over 0, not ${String(budgetMs)}`);
  }
  checkSignal(signal);
}

/** The stages of one search, in the order in which they run. */
export function stagesToRun(asked: readonly Stage[] | undefined, loaded: readonly Stage[]): readonly Stage[] {
  if (asked === undefined) return loaded;
  if (!Array.isArray(asked)) throw invalid("stages", "must be a list of stages");
  const missing = asked.find((stage) => !loaded.includes(stage));
  if (missing !== undefined) throw invalid("stages", `has ${String(missing)}; loaded are ${loaded.join(", ")}`);
  if (!asked.includes("lexical") && !asked.includes("dense")) {
    throw invalid("stages", "must have lexical or dense, which find the candidates");
  }
  return loaded.filter((stage) => asked.includes(stage));
}

/** Refuses a query that says nothing, too: no document would be nearer to it than another. */
export function checkQuery(query: string): void {
  checkText(query, "query");
  if (query.trim() === "") {
    throw new BgeError("INVALID_INPUT", "query cannot be used: it is empty.", { parameter: "query" });
  }
}

/** What is set of `options`, if nothing else is. */
function known<T extends object>(options: T, parameter: string, names: readonly string[]): T {
  if (typeof options !== "object" || options === null) throw invalid(parameter, "must be an object");
  const unknown = Object.keys(options).find((name) => !names.includes(name));
  if (unknown !== undefined) throw invalid(unknown, `is not an option; known are ${names.join(", ")}`);
  // The same type, but for what was undefined.
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

function checkModel(model: unknown, parameter: string, members: readonly string[]): void {
  if (model === undefined || typeof model === "string") return;
  if (typeof model !== "object" || model === null) throw invalid(parameter, "must be a model or a loaded one");
  const isLoaded = "dispose" in model;
  if (isLoaded && !members.every((member) => member in model)) {
    throw invalid(parameter, `is loaded, but no ${parameter}`);
  }
}

function checkByStage(
  values: Partial<Record<Stage, number>> | undefined,
  parameter: string,
  isGood: (value: number) => boolean,
  wanted: string,
): void {
  if (values === undefined) return;
  for (const [stage, value] of Object.entries(known(values, parameter, STAGES))) {
    if (!isGood(value)) throw invalid(parameter, `must be ${wanted}, not ${String(value)} for ${stage}`);
  }
}

function checkLoaded(model: unknown): void {
  const isReranker = typeof model === "object" && model !== null && "score" in model && "dispose" in model;
  if (model !== undefined && !isReranker) throw invalid("lateInteraction", "must be true, false or a loaded reranker");
}

function checkFunction(value: unknown, parameter: string): void {
  if (value !== undefined && typeof value !== "function") throw invalid(parameter, "must be a function");
}

function checkSignal(signal: unknown): void {
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid("signal", "must be an AbortSignal");
}
