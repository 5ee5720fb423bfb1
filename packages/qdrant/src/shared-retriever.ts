import { callOptions, invalid, isThenable, listener, type ShortStage, warnOfSkipped } from "@bge-js/core/adapter";
import type { AnyDocument, SearchResult } from "@bge-js/retriever";
import type { Filter, QdrantAddOptions, QdrantRetriever, QdrantSearchOptions } from "./api.js";
import { ask, SEARCH_PATIENCE } from "./failures.js";
import { documentOf } from "./points.js";
import { RESCORED } from "./search.js";

/** The fields of the frameworks' classes over a collection. */
export interface SharedRetrieverFields extends Pick<QdrantSearchOptions, "budgetMs" | "stages" | "signal"> {
  /** A loaded retriever, which is shared and not disposed. */
  readonly retriever: QdrantRetriever;
  /**
   * Called for each search whose cross-encoder did not read all its candidates in time. The search rejects with what it throws.
   * @default one process warning, `BGE_SKIPPED`
   */
  readonly onSkipped?: (skipped: readonly ShortStage[], query: string) => void;
}

/** A retriever as the frameworks' classes call it, which shows nothing of it where it is printed. */
export interface SharedRetriever {
  add(documents: readonly AnyDocument[], options: QdrantAddOptions): Promise<void>;
  remove(ids: readonly string[]): Promise<void>;
  search(query: string, topN: number, filter?: Filter): Promise<readonly SearchResult<AnyDocument>[]>;
  /** By the dense vectors alone, with cosines. */
  nearest(vector: readonly number[], topN: number, filter?: Filter): Promise<readonly Near[]>;
}

interface Near {
  readonly document: AnyDocument;
  readonly score: number;
}

/** @throws BgeError `INVALID_OPTION` for anything but a loaded retriever */
export function sharedRetriever(
  owner: string,
  {
    retriever,
    onSkipped,
    signal: own,
    filter: always,
    ...given
  }: SharedRetrieverFields & Pick<QdrantSearchOptions, "filter">,
): SharedRetriever {
  if (isThenable(retriever)) throw invalid("retriever", "is a promise; await it first");
  if (typeof retriever?.search !== "function" || !("collection" in retriever)) {
    throw invalid("retriever", "must be a retriever of loadQdrantRetriever");
  }
  if (onSkipped !== undefined && typeof onSkipped !== "function") throw invalid("onSkipped", "must be a function");
  const tell = listener("onSkipped", onSkipped) ?? warnOfSkipped(owner);
  const { client, collection } = retriever;
  return {
    async add(documents, { signal, ...options }) {
      await retriever.add(documents, { ...options, ...callOptions(own, signal) });
    },
    async remove(ids) {
      await retriever.remove(ids);
    },
    async search(query, topN, filter = always) {
      const options = { ...given, topN, ...(filter && { filter }), ...callOptions(own, undefined) };
      const { results, skipped } = await retriever.search(query, options);
      if (skipped.length > 0) tell(skipped, query);
      return results;
    },
    async nearest(vector, limit, filter = always) {
      const search = { query: [...vector], using: "dense", limit, with_payload: true, params: RESCORED };
      const request = () => client.query(collection, { ...search, ...(filter && { filter }) });
      const { points } = await ask(`search ${collection}`, request, own, SEARCH_PATIENCE);
      return points.map(({ payload, score }) => ({ document: documentOf(payload), score }));
    },
  };
}
