import { BgeError, type Embedder, loadEmbedder, type ModelReference, type Reranker } from "@bge-js/core";
import {
  abortable,
  checkQuery,
  createCosts,
  type KeptRows,
  keptRowsOf,
  listed,
  loadRerankingStage,
  orElse,
  rerankerFor,
} from "@bge-js/core/adapter";
import { addDocuments } from "./add.js";
import type {
  AddOptions,
  AnyDocument,
  Retriever,
  RetrieverDocument,
  RetrieverOptions,
  SearchOptions,
  Stage,
} from "./api.js";
import { checkSource } from "./documents.js";
import {
  checkAddOptions,
  checkRetrieverOptions,
  checkSearchOptions,
  FIRST_STAGES,
  LATER_STAGES,
  stagesToRun,
} from "./options.js";
import { searchStore } from "./search.js";
import { createStore } from "./store.js";

/** Late interaction over 100 candidates is no better: see tools/train. */
export const CANDIDATES = { lexical: 100, dense: 100, lateInteraction: 50, crossEncoder: 40 };
/**
 * Tuned on other sets than those in the README's table: see docs/quality.md. An evaluated cross-encoder has its own
 * weight.
 */
export const WEIGHTS = { lexical: 0.3, dense: 0.7, lateInteraction: 0.5, crossEncoder: 1.5 };

/**
 * Loads a retriever: documents in memory, found by words and by vectors. Late interaction with token vectors kept since
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
  let store = createStore<D>(embedder.dimensions);
  const isLoaded = (stage: Stage) =>
    (stage === "lateInteraction" && keptRows !== undefined) || rerankers[stage] !== undefined;
  const stages: readonly Stage[] = [...FIRST_STAGES, ...LATER_STAGES.filter(isLoaded)];
  const parts = {
    embedder,
    keptRows,
    rerankers,
    candidates: { ...CANDIDATES, ...given.candidates },
    weights: { ...WEIGHTS, ...measuredWeight(rerankers.crossEncoder), ...given.weights },
    costs: createCosts(),
  };
  const ending = new AbortController();
  let texts = 0;

  function nextId(): string {
    let id: string;
    do id = `#${texts++}`;
    while (store.has(id));
    return id;
  }

  /** Runs a call until it ends, its signal aborts or the retriever is disposed. */
  async function untilDisposed<T>(
    call: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    ending.signal.throwIfAborted();
    const own = new AbortController();
    const orAbort = abortable(signal);
    const orEnd = abortable(ending.signal);
    try {
      return await orEnd(orAbort(call(own.signal)));
    } finally {
      own.abort(ending.signal.reason ?? signal?.reason);
    }
  }

  async function add(documents: Iterable<D | string> | AsyncIterable<D | string>, addOptions: AddOptions = {}) {
    checkSource(documents);
    const given = checkAddOptions(addOptions);
    return untilDisposed(
      (signal) => addDocuments(documents, store, embedder, keptRows, nextId, { ...given, signal }),
      given.signal,
    );
  }

  function remove(ids: Iterable<string>): number {
    ending.signal.throwIfAborted();
    if (typeof ids === "string" || typeof ids?.[Symbol.iterator] !== "function") {
      throw new BgeError("INVALID_INPUT", "ids must be an iterable of strings.", { parameter: "ids" });
    }
    // Check all ids before removing any.
    const given = [...ids];
    const indices = given.flatMap((id: unknown, index) => (typeof id === "string" ? [] : [index]));
    if (indices.length > 0) {
      const problems = listed(indices.map((index) => `index ${index} is ${typeof given[index]}`));
      const message = `ids must be strings: ${problems}. Nothing was removed.`;
      throw new BgeError("INVALID_INPUT", message, { parameter: "ids", indices });
    }
    let count = 0;
    for (const id of given) if (store.remove(id)) count++;
    return count;
  }

  async function search(query: string, searchOptions: SearchOptions<D> = {}) {
    checkQuery(query);
    const given = checkSearchOptions(searchOptions);
    const run = stagesToRun(given.stages, stages);
    return untilDisposed((signal) => searchStore(query, { ...parts, store }, { ...given, signal }, run), given.signal);
  }

  async function dispose(): Promise<void> {
    if (!ending.signal.aborted) {
      ending.abort(new BgeError("DISPOSED", "The retriever was disposed. Load it again to continue."));
      store = createStore(embedder.dimensions);
    }
    await Promise.all(owned.map((model) => model.dispose()));
  }

  return {
    get size() {
      return store.size;
    },
    stages,
    add,
    remove,
    search,
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

function measuredWeight(reranker: Reranker | undefined): Partial<Record<Stage, number>> {
  const weight = reranker?.spec.kind === "reranker" ? reranker.spec.fusedWeight : undefined;
  return weight === undefined ? {} : { crossEncoder: weight };
}

interface Models {
  readonly embedder: Embedder;
  /** The embedder's own late interaction, where its rows can be kept: no reranker is loaded for it. */
  readonly keptRows: KeptRows | undefined;
  readonly rerankers: Partial<Record<Stage, Reranker>>;
  /** Models loaded here, and therefore disposed here. */
  readonly owned: readonly (Embedder | Reranker)[];
}

async function loadModels({
  embedder: model,
  reranker: asked,
  lateInteraction,
  load = {},
}: RetrieverOptions): Promise<Models> {
  const owned: (Embedder | Reranker)[] = [];
  try {
    let embedder: Embedder;
    if (isEmbedder(model)) embedder = model;
    else {
      embedder = await loadEmbedder(model, load);
      owned.push(embedder);
    }
    // By default both rerank if a cross-encoder was evaluated with the embedder.
    const measured = rerankerFor(embedder.spec.id);
    const chosen = asked ?? measured;
    const wanted = lateInteraction ?? measured !== undefined;
    let reranker: Reranker | undefined;
    if (isReranker(chosen)) reranker = chosen;
    else if (chosen !== undefined && chosen !== false) {
      const loading = loadRerankingStage(chosen, load);
      reranker = await (asked === undefined ? loading.catch(orElse("loadRetriever({ reranker: false })")) : loading);
      owned.push(reranker);
    }
    let late = isReranker(wanted) ? wanted : undefined;
    if (reranker !== undefined && reranker.kind !== "cross-encoder") late = reranker;
    const isOwn = late === undefined && wanted === true && embedder.spec.lateInteraction === true;
    const keptRows = isOwn ? keptRowsOf(embedder) : undefined;
    if (isOwn && keptRows === undefined) {
      late = await loadRerankingStage(referenceTo(embedder), { ...load, maxTokens: embedder.maxTokens });
      owned.push(late);
    }
    const crossEncoder = reranker?.kind === "cross-encoder" ? reranker : undefined;
    return {
      embedder,
      keptRows,
      rerankers: { ...(late && { lateInteraction: late }), ...(crossEncoder && { crossEncoder }) },
      owned,
    };
  } catch (error) {
    await Promise.all(owned.map((one) => one.dispose()));
    throw error;
  }
}

/** Returns a reference to the files of a loaded embedder, so that a second load shares its workers. */
function referenceTo({ spec, source }: Embedder): ModelReference {
  const { directory, dtype, batching, optimized } = source;
  return { ...spec, directory, dtype, batching, optimized };
}

function isEmbedder(model: RetrieverOptions["embedder"]): model is Embedder {
  return typeof model === "object" && "embedQuery" in model;
}

function isReranker(model: RetrieverOptions["reranker"] | RetrieverOptions["lateInteraction"]): model is Reranker {
  return typeof model === "object" && "rerank" in model;
}
