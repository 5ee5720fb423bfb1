import type { Reranker } from "@bge-js/core";
import { checkQuery, checkSource } from "@bge-js/core/adapter";
import type { AnyDocument, RetrieverDocument, Stage } from "@bge-js/retriever";
import {
  CANDIDATES,
  checkIds,
  createLifetime,
  limitOf,
  loadModels,
  stagesToRun,
  weightsOf,
} from "@bge-js/retriever/adapter";
import { addDocuments } from "./add.js";
import type { QdrantAddOptions, QdrantRetriever, QdrantRetrieverOptions, QdrantSearchOptions } from "./api.js";
import { openCollection } from "./collection.js";
import { ask } from "./failures.js";
import { pointId } from "./ids.js";
import {
  checkAddOptions,
  checkCountOptions,
  checkRetrieverOptions,
  checkSearchOptions,
  notCrossEncoder,
} from "./options.js";
import { createReader } from "./reader.js";
import { searchCollection } from "./search.js";
import { storedHashes } from "./sender.js";

/** Ids of a request. */
const IDS = 1000;

/**
 * Loads the models, and opens a collection in Qdrant for them, which is created if it is missing: documents found by words
 * and by vectors, scored by late interaction on the server, the best of them read again by a cross-encoder here.
 *
 * @typeParam D what documents are, as `add` takes them and results have them: `loadQdrantRetriever<Page>(options)`
 * @throws BgeError as `loadRetriever`; `STORE_MISMATCH` for a collection of another model or shape; `STORE_FAILED` for a
 * server that cannot be reached or refuses
 * @example
 * ```ts
 * const client = new QdrantClient({ url: "http://localhost:6333" });
 * await using retriever = await loadQdrantRetriever({ client, collection: "docs" });
 * await retriever.add([{ id: "dogs", text: "Small dogs travel free on all our trains." }]);
 * const { results } = await retriever.search("Can I bring my pet?", { topN: 3 });
 * ```
 */
export async function loadQdrantRetriever<D extends RetrieverDocument = AnyDocument>(
  options: QdrantRetrieverOptions,
): Promise<QdrantRetriever<D>> {
  const given = checkRetrieverOptions(options);
  const { client, collection: name, embedder: model, reranker: asked, load } = given;
  // Late interaction is the server's: no reranker is loaded for it.
  const { embedder, rerankers, owned } = await loadModels({
    ...(model !== undefined && { embedder: model }),
    ...(asked !== undefined && { reranker: asked }),
    ...(load !== undefined && { load }),
    lateInteraction: false,
  });
  const { crossEncoder } = rerankers;
  try {
    if (rerankers.lateInteraction !== undefined) throw notCrossEncoder();
    const reader = createReader(embedder, given.lateInteraction);
    const collection = await openCollection(client, name, embedder, reader, given, load?.signal);
    const stages: readonly Stage[] = [
      "lexical",
      "dense",
      ...(reader.rowDimensions === undefined ? [] : (["lateInteraction"] as const)),
      ...(crossEncoder === undefined ? [] : (["crossEncoder"] as const)),
    ];
    const candidates = { ...CANDIDATES, ...given.candidates };
    const weights = weightsOf(crossEncoder, given.weights);
    const limit = limitOf(crossEncoder, given.candidates);
    return handle({ collection, reader, crossEncoder, candidates, limit, weights, embedder, owned, stages });
  } catch (error) {
    await Promise.all(owned.map((one) => one.dispose()));
    throw error;
  }
}

type Parts = Parameters<typeof searchCollection>[1] &
  Pick<QdrantRetriever, "embedder" | "stages"> & {
    readonly owned: readonly (Reranker | QdrantRetriever["embedder"])[];
  };

function handle<D extends RetrieverDocument>(parts: Parts): QdrantRetriever<D> {
  const { collection, reader, embedder, owned, stages } = parts;
  const { client, name } = collection;
  const { untilDisposed, end } = createLifetime();

  async function add(documents: Iterable<D | string> | AsyncIterable<D | string>, addOptions: QdrantAddOptions = {}) {
    checkSource(documents);
    const given = checkAddOptions(addOptions);
    return untilDisposed((signal) => addDocuments(documents, collection, reader, { ...given, signal }), given.signal);
  }

  async function remove(ids: Iterable<string>): Promise<number> {
    const points = [...new Set(checkIds(ids).map(pointId))];
    return untilDisposed(async (signal) => {
      let count = 0;
      for (let from = 0; from < points.length; from += IDS) {
        const there = [...(await storedHashes(collection, points.slice(from, from + IDS), signal)).keys()];
        count += there.length;
        const gone = () => client.delete(name, { wait: true, points: there });
        if (there.length > 0) await ask(`remove documents from ${name}`, gone, signal);
      }
      return count;
    }, undefined);
  }

  async function count(countOptions: Parameters<QdrantRetriever["count"]>[0] = {}): Promise<number> {
    const { filter, signal } = checkCountOptions(countOptions);
    const request = () => client.count(name, { exact: true, ...(filter && { filter }) });
    return untilDisposed(async (own) => (await ask(`count ${name}`, request, own)).count, signal);
  }

  async function search(query: string, searchOptions: QdrantSearchOptions = {}) {
    checkQuery(query);
    const given = checkSearchOptions(searchOptions);
    const run = stagesToRun(given.stages, stages);
    return untilDisposed((signal) => searchCollection<D>(query, parts, { ...given, signal }, run), given.signal);
  }

  async function dispose(): Promise<void> {
    end();
    await Promise.all(owned.map((model) => model.dispose()));
  }

  return {
    client,
    collection: name,
    embedder,
    stages,
    add,
    remove,
    count,
    search,
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}
