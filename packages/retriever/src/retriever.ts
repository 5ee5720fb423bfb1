import type { CallOptions, Embedder, Reranker } from "@bge-js/core";
import { checkQuery, createCosts, type ReadingLimit } from "@bge-js/core/adapter";
import type { AnyDocument, Retriever, RetrieverDocument, RetrieverOptions, SearchOptions, Stage } from "./api.js";
import { createDocumentIndex } from "./document-index.js";
import { createLifetime } from "./lifetime.js";
import { loadModels, type Models } from "./models.js";
import { openStore } from "./open-store.js";
import { checkRetrieverOptions, checkSearchOptions, FIRST_STAGES, LATER_STAGES, stagesToRun } from "./options.js";
import type { Asked } from "./rescore.js";
import { searchStore } from "./search.js";
import { textIntake } from "./text-intake.js";

/** Late interaction over 100 candidates is no better: see tools/train. What the cross-encoder reads is most of a search's time: docs/search.md. */
export const CANDIDATES = { lexical: 100, dense: 100, lateInteraction: 50, crossEncoder: 12 };
/** How they were chosen: docs/search.md. A cross-encoder that was evaluated with the embedder has a weight of its own. */
export const WEIGHTS = { lexical: 0.3, dense: 0.7, lateInteraction: 1, crossEncoder: 1.5 };
/** Of long texts a cross-encoder reads fewer, so that a search takes about as long, however long they are. */
const READING_LIMIT: ReadingLimit = { least: 6, units: 7000 };

/**
 * Loads a retriever: documents in memory or in a directory, found by words and by vectors. Late interaction with token vectors kept since
 * `add`, and a cross-encoder, rescore the best of them, if the embedder has these stages.
 *
 * @typeParam D what documents are, as `add` takes them, and `filter` and results have them: `loadRetriever<Page>()`
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
  return openRetriever(given, loadModels(given));
}

/**
 * As `loadRetriever`, with an embedder that is loading, which stays the caller's: an index in a directory is read meanwhile.
 */
export async function loadRetrieverFor<D extends RetrieverDocument = AnyDocument>(
  loading: Promise<Embedder>,
  options: Omit<RetrieverOptions, "embedder">,
): Promise<Retriever<D>> {
  const given = checkRetrieverOptions(options);
  const models = loading.then((embedder) => loadModels({ ...given, embedder }));
  return openRetriever(given, models);
}

async function openRetriever<D extends RetrieverDocument>(
  given: RetrieverOptions,
  models: Promise<Models>,
): Promise<Retriever<D>> {
  const { embedder, keptRows, rerankers, owned, store } = await openStore<D, Models>(given, models);
  const isLoaded = (stage: Stage) =>
    (stage === "lateInteraction" && keptRows !== undefined) || rerankers[stage] !== undefined;
  const stages: readonly Stage[] = [...FIRST_STAGES, ...LATER_STAGES.filter(isLoaded)];
  const parts = {
    store,
    dimensions: embedder.dimensions,
    keptRows,
    rerankers,
    readsPassages: isMeasured(rerankers.crossEncoder),
    limit: limitOf(rerankers.crossEncoder, given.candidates),
    candidates: { ...CANDIDATES, ...given.candidates },
    weights: weightsOf(rerankers.crossEncoder, given.weights),
    costs: createCosts(),
  };
  const lifetime = createLifetime();
  const intake = textIntake(store, embedder, keptRows);
  const index = createDocumentIndex({
    ...{ store, intake, lifetime, owned },
    readOnly: given.readOnly,
    toDocument: (document: D) => document,
  });

  async function search(query: string, searchOptions: SearchOptions<D> = {}) {
    checkQuery(query);
    const given = checkSearchOptions(searchOptions);
    const run = stagesToRun(given.stages, stages);
    const matches = run.includes("lateInteraction") ? keptRows : undefined;
    const read = async (limits: CallOptions): Promise<Asked> =>
      matches?.readQuery(query, limits) ?? { vector: await embedder.embedQuery(query, limits) };
    return lifetime.untilDisposed(
      (signal) => searchStore({ words: query, read }, parts, { ...given, signal }, run),
      given.signal,
    );
  }

  return Object.assign(index, { embedder, stages, search });
}

/** The weight of each stage. */
export function weightsOf(
  reranker: Reranker | undefined,
  given: Partial<Readonly<Record<Stage, number>>> | undefined,
): Readonly<Record<Stage, number>> {
  const weight = measuredWeight(reranker);
  return { ...WEIGHTS, ...(weight !== undefined && { crossEncoder: weight }), ...given };
}

/** None for a cross-encoder that was not measured with one, and where the caller says how many it reads. */
export function limitOf(
  reranker: Reranker | undefined,
  given: Partial<Record<Stage, number>> | undefined,
): ReadingLimit | undefined {
  return isMeasured(reranker) && given?.crossEncoder === undefined ? READING_LIMIT : undefined;
}

/** True for a cross-encoder that was evaluated with late interaction. */
function isMeasured(reranker: Reranker | undefined): boolean {
  return measuredWeight(reranker) !== undefined;
}

/** Beside late interaction's 1. */
function measuredWeight(reranker: Reranker | undefined): number | undefined {
  return reranker?.spec.kind === "reranker" ? reranker.spec.fusedWeight : undefined;
}
