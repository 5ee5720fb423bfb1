import { fileURLToPath } from "node:url";
import type { Embedder, Reranker } from "@bge-js/core";
import { checkQuery, checkSource, createCosts, invalid, type KeptRows, vectorFacts } from "@bge-js/core/adapter";
import { addDocuments, type Reading } from "./add.js";
import type {
  AddOptions,
  AnyDocument,
  Retriever,
  RetrieverDocument,
  RetrieverOptions,
  SearchOptions,
  Stage,
} from "./api.js";
import { checkIds } from "./documents.js";
import { createLifetime } from "./lifetime.js";
import { createMemoryStore } from "./memory-store.js";
import { loadModels } from "./models.js";
import {
  checkAddOptions,
  checkRetrieverOptions,
  checkSearchOptions,
  FIRST_STAGES,
  LATER_STAGES,
  stagesToRun,
} from "./options.js";
import { searchStore } from "./search.js";
import type { Store } from "./store.js";

/** Late interaction over 100 candidates is no better: see tools/train. What the cross-encoder reads is most of a search's time: docs/search.md. */
export const CANDIDATES = { lexical: 100, dense: 100, lateInteraction: 50, crossEncoder: 10 };
/** Tuned on other sets than those in the README's table: see docs/search.md. */
export const WEIGHTS = { lexical: 0.3, dense: 0.7, lateInteraction: 1, crossEncoder: 1.5 };
/** Weight of a cross-encoder that was evaluated with the embedder. Higher than in a fused reranker, because it reads fewer. */
export const EVALUATED_WEIGHT = 1;

/**
 * Loads a retriever: documents in memory or in a directory, found by words and by vectors. Late interaction with token vectors kept since
 * `add`, and a cross-encoder, rescore the best of them, if the embedder has these stages.
 *
 * @throws BgeError as `loadEmbedder` and `loadReranker`
 * @example
 * ```ts
 * await using retriever = await loadRetriever();
 * await retriever.add([{ id: "dogs", text: "Small dogs travel free on all our trains." }]);
 * const { results } = await retriever.search("Can I bring my pet?", { topN: 3 });
 * ```
 */
export async function loadRetriever<D extends RetrieverDocument = AnyDocument>(
  options: RetrieverOptions = {},
): Promise<Retriever<D>> {
  const given = checkRetrieverOptions(options);
  const { embedder, keptRows, rerankers, owned } = await loadModels(given);
  const store = await openStore<D>(given, embedder, keptRows).catch(async (error: unknown) => {
    await Promise.all(owned.map((model) => model.dispose()));
    throw error;
  });
  const isLoaded = (stage: Stage) =>
    (stage === "lateInteraction" && keptRows !== undefined) || rerankers[stage] !== undefined;
  const stages: readonly Stage[] = [...FIRST_STAGES, ...LATER_STAGES.filter(isLoaded)];
  const parts = {
    embedder,
    keptRows,
    rerankers,
    readsPassages: isMeasured(rerankers.crossEncoder),
    candidates: { ...CANDIDATES, ...given.candidates },
    weights: { ...WEIGHTS, ...measuredWeight(rerankers.crossEncoder), ...given.weights },
    costs: createCosts(),
  };
  const { untilDisposed, throwIfDisposed, isDisposed, end } = createLifetime();
  const reading: Reading = new Map();

  function refuseReadOnly(): void {
    if (given.readOnly !== true) return;
    throw invalid("readOnly", "is true, so that nothing can be added or removed. Load the directory without it");
  }

  async function add(documents: Iterable<D | string> | AsyncIterable<D | string>, addOptions: AddOptions = {}) {
    checkSource(documents);
    const checked = checkAddOptions(addOptions);
    refuseReadOnly();
    return untilDisposed(
      (signal) => addDocuments(documents, { store, embedder, keptRows, reading }, { ...checked, signal }),
      checked.signal,
    );
  }

  async function remove(ids: Iterable<string>): Promise<number> {
    throwIfDisposed();
    const all = checkIds(ids);
    refuseReadOnly();
    return store.remove(all);
  }

  async function search(query: string, searchOptions: SearchOptions<D> = {}) {
    checkQuery(query);
    const given = checkSearchOptions(searchOptions);
    const run = stagesToRun(given.stages, stages);
    return untilDisposed((signal) => searchStore(query, { ...parts, store }, { ...given, signal }, run), given.signal);
  }

  async function dispose(): Promise<void> {
    end();
    await Promise.all([store.close(), ...owned.map((model) => model.dispose())]);
  }

  return {
    get size() {
      return isDisposed() ? 0 : store.size;
    },
    directory: store.directory,
    embedder,
    stages,
    add,
    remove,
    has(id) {
      throwIfDisposed();
      return store.has(id);
    },
    get(id) {
      throwIfDisposed();
      return store.get(id);
    },
    ids() {
      throwIfDisposed();
      return store.ids();
    },
    search,
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

/** Opens the index of a directory, or one in memory. */
async function openStore<D extends RetrieverDocument>(
  { directory, readOnly = false }: RetrieverOptions,
  embedder: Embedder,
  keptRows: KeptRows | undefined,
): Promise<Store<D>> {
  const { dimensions } = embedder;
  if (directory === undefined) return createMemoryStore(dimensions);
  if (embedder.source === undefined) {
    throw invalid("embedder", "must have the source of one from loadEmbedder, by which a directory tells models apart");
  }
  const path = directory instanceof URL ? fileURLToPath(directory) : directory;
  const vectors = vectorFacts(embedder, embedder.source.device);
  const identity = { vectors, rows: keptRows !== undefined };
  // LMDB's native library is not loaded for an index in memory.
  const { openDiskStore } = await import("./disk/disk-store.js");
  return openDiskStore({ directory: path, readOnly, dimensions, identity });
}

export function measuredWeight(reranker: Reranker | undefined): Partial<Record<Stage, number>> {
  return isMeasured(reranker) ? { crossEncoder: EVALUATED_WEIGHT } : {};
}

/** True for a cross-encoder that was evaluated with late interaction. */
function isMeasured(reranker: Reranker | undefined): boolean {
  return reranker?.spec.kind === "reranker" && reranker.spec.fusedWeight !== undefined;
}
