import type { Embedder } from "@bge-js/core";
import { type Check, type Checks, checkOptions, invalid, isFlag, isFunction, isSignal } from "@bge-js/core/adapter";
import type { AnyDocument, ChunkFunction, IngestDocument, IngestOptions, IngestRecipe, IngestStore } from "./api.js";
import { defaultChunk } from "./pipeline/default-chunk.js";
import type { Recipe } from "./pipeline/work.js";

const has = (methods: readonly string[], wanted: string): Check => {
  return (value) =>
    typeof value === "object" && value !== null && methods.every((name) => typeof (value as never)[name] === "function")
      ? undefined
      : wanted;
};

const isStore = has(["versions", "put", "remove", "ids"], "a store, such as retrieverStore() returns");
const isEmbedder = has(["embedStream", "embedQuery"], "a loaded embedder");
export const isName: Check = (value) => (typeof value === "string" && value !== "" ? undefined : "a non-empty string");

export const RECIPE: Checks<IngestRecipe> = { store: isStore, embedder: isEmbedder, chunk: isFunction, recipe: isName };

export const INGEST: Checks<IngestOptions> = {
  ...RECIPE,
  prune: isFlag,
  signal: isSignal,
  onProgress: isFunction,
  onFailed: isFunction,
};

export function checkIngestOptions<D extends IngestDocument>(options: IngestOptions<D>): IngestOptions<D> {
  return checkOptions(options, INGEST as Checks<IngestOptions<D>>, "ingest", ["store"]);
}

/** Returns a recipe with its defaults. @throws BgeError `INVALID_OPTION` */
export function recipeOf<D extends IngestDocument>({ store, embedder, chunk, recipe }: IngestRecipe<D>): Recipe {
  const model = modelOf(store, embedder);
  if (chunk === undefined) {
    if (recipe !== undefined) throw invalid("recipe", "names what chunk does, and needs it");
    return { store, embedder: model, ...defaultChunk(model) };
  }
  if (recipe === undefined) {
    throw invalid("recipe", "must be given with chunk: a name for what it does, changed whenever that changes");
  }
  // Documents of any shape are checked to be such before they get there.
  return { store, embedder: model, chunk: chunk as unknown as ChunkFunction<AnyDocument>, recipe };
}

function modelOf(store: IngestStore, embedder: Embedder | undefined): Embedder {
  if (store.embedder === undefined) {
    if (embedder === undefined) throw invalid("embedder", "must be given: this store is given vectors");
    return embedder;
  }
  if (embedder !== undefined && embedder !== store.embedder) {
    throw invalid("embedder", "cannot be given: this store reads texts with its own model");
  }
  return store.embedder;
}
