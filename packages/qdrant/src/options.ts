import { type Check, type Checks, checkOptions, invalid, isFlag, oneOf } from "@bge-js/core/adapter";
import { ADD, RETRIEVER, SEARCH } from "@bge-js/retriever/adapter";
import type { Filter, QdrantAddOptions, QdrantRetrieverOptions, QdrantSearchOptions } from "./api.js";

const METHODS = ["api", "getCollection", "queryBatch", "retrieve", "upsert"] as const;

/** By its shape: there may be two copies of the client. */
const isClient: Check = (value) => {
  const isOne =
    typeof value === "object" &&
    value !== null &&
    METHODS.every((method) => typeof (value as never)[method] === "function");
  return isOne ? undefined : "a QdrantClient of @qdrant/js-client-rest 1.18 or later";
};

const isName: Check = (value) => (typeof value === "string" && value !== "" ? undefined : "a non-empty string");

const isFilter: Check = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? undefined
    : "a filter of Qdrant, such as { must: [{ key, match: { value } }] }";

const OPTIONS: Checks<QdrantRetrieverOptions> = {
  client: isClient,
  collection: isName,
  embedder: RETRIEVER.embedder,
  reranker: RETRIEVER.reranker,
  lateInteraction: isFlag,
  quantization: oneOf("int8", "binary"),
  onDisk: isFlag,
  averageWords: (value) => (Number.isFinite(value) && (value as number) > 0 ? undefined : "a number over 0"),
  candidates: RETRIEVER.candidates,
  weights: RETRIEVER.weights,
  load: RETRIEVER.load,
};

const COUNT: Checks<{ filter?: Filter; signal?: AbortSignal }> = { filter: isFilter, signal: SEARCH.signal };
const SEARCHES: Checks<QdrantSearchOptions> = {
  ...COUNT,
  topN: SEARCH.topN,
  budgetMs: SEARCH.budgetMs,
  stages: SEARCH.stages,
};
const ADDS: Checks<QdrantAddOptions> = { signal: ADD.signal, onProgress: ADD.onProgress };

export function checkRetrieverOptions(options: QdrantRetrieverOptions): QdrantRetrieverOptions {
  return checkOptions(options, OPTIONS, "loadQdrantRetriever", ["client", "collection"]);
}

export const checkSearchOptions = (options: QdrantSearchOptions) => checkOptions(options, SEARCHES, "search");
export const checkAddOptions = (options: QdrantAddOptions) => checkOptions(options, ADDS, "add");
export const checkCountOptions = (options: { filter?: Filter; signal?: AbortSignal }) =>
  checkOptions(options, COUNT, "count");

/** The one stage beside those of the embedder is a cross-encoder. */
export function notCrossEncoder() {
  return invalid(
    "reranker",
    "must be a cross-encoder: late interaction runs on the server, with the embedder's token rows",
  );
}
