import type { Embedder } from "@bge-js/core";
import { folderPath, invalid, type VectorSource, vectorFacts } from "@bge-js/core/adapter";
import type { RetrieverOptions } from "./api.js";
import { createMemoryStore } from "./memory-store.js";
import type { Store, Stored } from "./store.js";

/** Opens the index of a directory, or one in memory. @param rows whether it keeps token rows */
export async function openStore<D extends Stored>(
  { directory, readOnly = false }: Pick<RetrieverOptions, "directory" | "readOnly">,
  embedder: VectorSource & Pick<Embedder, "source">,
  rows: boolean,
): Promise<Store<D>> {
  const { dimensions } = embedder;
  if (directory === undefined) return createMemoryStore(dimensions);
  if (embedder.source === undefined) {
    throw invalid("embedder", "must have the source of a loaded one, by which a directory tells models apart");
  }
  const path = typeof directory === "string" ? directory : folderPath(directory.href);
  const identity = { vectors: vectorFacts(embedder, embedder.source.device), rows };
  // LMDB's native library is not loaded for an index in memory.
  const { openDiskStore } = await import("./disk/disk-store.js");
  return openDiskStore({ directory: path, readOnly, dimensions, identity });
}
