import type { Embedder } from "@bge-js/core";
import { folderPath, invalid, type VectorSource, vectorFacts, withLmdb } from "@bge-js/core/adapter";
import type { RetrieverOptions } from "./api.js";
import type { OpenIndex } from "./disk/open-index.js";
import { createMemoryStore } from "./memory-store.js";
import type { Store, Stored } from "./store.js";

type Place = Pick<RetrieverOptions, "directory" | "readOnly">;

/** Models, of which the embedder tells what an index has. */
interface Loaded {
  readonly embedder: VectorSource & Pick<Embedder, "source">;
  /** Set if token rows are kept. */
  readonly keptRows: unknown;
  /** Models that are disposed if there is no index for them. */
  readonly owned: readonly { dispose(): Promise<void> }[];
}

/** Opens the index of a directory, or one in memory, for models that are loading. One that is there is read meanwhile. */
export async function openStore<D extends Stored, Models extends Loaded>(
  place: Place,
  loading: Promise<Models>,
): Promise<Models & { readonly store: Store<D> }> {
  const [models, index] = await Promise.allSettled([loading, openEarly(place)]);
  // What cannot be opened yet is tried again when the models are there: who wrote to it may have ended by then.
  const early = index.status === "fulfilled" ? index.value : undefined;
  if (models.status === "rejected") {
    await early?.environment.close();
    throw models.reason;
  }
  try {
    return { ...models.value, store: await openFor<D>(models.value, place, early) };
  } catch (error) {
    await early?.environment.close();
    await Promise.all(models.value.owned.map((model) => model.dispose()));
    throw error;
  }
}

/** Opens the files of an index that is there. A new one is made only when the models have been loaded. */
async function openEarly({ directory, readOnly = false }: Place): Promise<OpenIndex | undefined> {
  if (directory === undefined) return undefined;
  // LMDB's native library is not loaded for an index in memory.
  const { hasIndex, openIndex } = await withLmdb(() => import("./disk/open-index.js"));
  const path = pathOf(directory);
  return hasIndex(path) ? openIndex(path, readOnly) : undefined;
}

async function openFor<D extends Stored>(
  { embedder, keptRows }: Loaded,
  { directory, readOnly = false }: Place,
  index: OpenIndex | undefined,
): Promise<Store<D>> {
  const { dimensions } = embedder;
  if (directory === undefined) return createMemoryStore(dimensions);
  if (embedder.source === undefined) {
    throw invalid("embedder", "must have the source of a loaded one, by which a directory tells models apart");
  }
  const identity = { vectors: vectorFacts(embedder, embedder.source.device), rows: keptRows !== undefined };
  const { openDiskStore } = await withLmdb(() => import("./disk/disk-store.js"));
  return openDiskStore({ directory: pathOf(directory), readOnly, dimensions, identity }, index);
}

function pathOf(directory: string | URL): string {
  return typeof directory === "string" ? directory : folderPath(directory.href);
}
