import { createCosts } from "@bge-js/core/adapter";
import { loadMultimodalEmbedder, type MultimodalEmbedder } from "@bge-js/core/multimodal";
import type { SearchOptions } from "../api.js";
import { createDocumentIndex } from "../document-index.js";
import { createLifetime } from "../lifetime.js";
import { openStore } from "../open-store.js";
import { checkSearchOptions, FIRST_STAGES } from "../options.js";
import { CANDIDATES, weightsOf } from "../retriever.js";
import { searchStore } from "../search.js";
import type {
  AnyMultimodalDocument,
  MultimodalDocument,
  MultimodalQuery,
  MultimodalRetriever,
  MultimodalRetrieverOptions,
} from "./api.js";
import { type Kept, mixedIntake, toDocument } from "./documents.js";
import { checkMultimodalOptions } from "./options.js";
import { checkMultimodalQuery, stagesFor, toQuery } from "./query.js";

/**
 * Loads a retriever over texts and pictures, in memory or in a directory, searched by words, by a picture, or by a picture and a wish.
 * The index holds no pictures: only where they are, a hash of their content, and their vectors.
 *
 * @typeParam D what documents are, as `add` takes them and results have them: `loadMultimodalRetriever<Photo>()`
 * @throws BgeError as `loadMultimodalEmbedder`; as `loadRetriever` for a directory
 * @example
 * ```ts
 * await using retriever = await loadMultimodalRetriever({ embedder: "./bge-vl-base", directory: "./index" });
 * await retriever.add([
 *   { id: "bus", image: "./bus.jpg" },
 *   { id: "menu", image: "./menu.png", text: "Lunch, from 11 to 3" },
 *   { id: "times", text: "Buses leave every ten minutes." },
 * ]);
 * const pictures = await retriever.search("a red bus", { filter: ({ image }) => image !== undefined });
 * const green = await retriever.search({ image: "./bus.jpg", text: "the same, but green" });
 * ```
 */
export async function loadMultimodalRetriever<D extends MultimodalDocument = AnyMultimodalDocument>(
  options: MultimodalRetrieverOptions = {},
): Promise<MultimodalRetriever<D>> {
  const given = checkMultimodalOptions(options);
  const { embedder, owned, store } = await openStore<Kept, Models>(given, loadModels(given));
  const parts = {
    store,
    dimensions: embedder.dimensions,
    keptRows: undefined,
    rerankers: {},
    readsPassages: false,
    limit: undefined,
    candidates: { ...CANDIDATES, ...given.candidates },
    weights: weightsOf(undefined, given.weights),
    costs: createCosts(),
  };
  const lifetime = createLifetime();
  const index = createDocumentIndex({
    ...{ store, lifetime },
    intake: mixedIntake<D>(store, embedder),
    owned,
    readOnly: given.readOnly,
    toDocument: (kept: Kept) => toDocument<D>(kept),
  });

  async function search(query: MultimodalQuery, searchOptions: SearchOptions<D> = {}) {
    const input = checkMultimodalQuery(query);
    const { filter, ...checked } = checkSearchOptions(searchOptions);
    const stages = stagesFor(input, checked.stages);
    const accept = filter && { filter: (kept: Kept) => filter(toDocument<D>(kept)) };
    const { results, ...rest } = await lifetime.untilDisposed(
      (signal) => searchStore(toQuery(input, embedder), parts, { ...checked, ...accept, signal }, stages),
      checked.signal,
    );
    return { results: results.map((one) => ({ ...one, document: toDocument<D>(one.document) })), ...rest };
  }

  return Object.assign(index, { embedder, stages: FIRST_STAGES, search });
}

interface Models {
  readonly embedder: MultimodalEmbedder;
  readonly keptRows: undefined;
  readonly owned: readonly MultimodalEmbedder[];
}

async function loadModels({ embedder: model, load }: MultimodalRetrieverOptions): Promise<Models> {
  if (isEmbedder(model)) return { embedder: model, keptRows: undefined, owned: [] };
  const embedder = await loadMultimodalEmbedder(model, load);
  return { embedder, keptRows: undefined, owned: [embedder] };
}

function isEmbedder(model: MultimodalRetrieverOptions["embedder"]): model is MultimodalEmbedder {
  return typeof model === "object" && "embedStream" in model;
}
