import { invalid } from "@bge-js/core/adapter";
import type { DocumentIndex } from "./api.js";
import { checkIds } from "./documents.js";
import type { Lifetime } from "./lifetime.js";
import type { Store } from "./store.js";

export interface IndexParts<K, D> {
  readonly store: Store<K>;
  readonly lifetime: Lifetime;
  readonly readOnly: boolean;
  /** Models to dispose with it. */
  readonly owned: readonly { dispose(): Promise<void> }[];
  /** Returns a document of the store as the caller's. */
  toDocument(kept: K): D;
}

/** What a retriever is beside adding and searching. */
export function createDocumentIndex<K, D>({
  store,
  lifetime,
  readOnly,
  owned,
  toDocument,
}: IndexParts<K, D>): DocumentIndex<D> {
  const { throwIfDisposed, isDisposed, end } = lifetime;

  async function dispose(): Promise<void> {
    end();
    await Promise.all([store.close(), ...owned.map((model) => model.dispose())]);
  }

  return {
    get size() {
      return isDisposed() ? 0 : store.size;
    },
    directory: store.directory,
    async remove(ids) {
      throwIfDisposed();
      const all = checkIds(ids);
      refuseReadOnly(readOnly);
      return store.remove(all);
    },
    has(id) {
      throwIfDisposed();
      return store.has(id);
    },
    get(id) {
      throwIfDisposed();
      const kept = store.get(id);
      return kept === undefined ? undefined : toDocument(kept);
    },
    ids() {
      throwIfDisposed();
      return store.ids();
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

export function refuseReadOnly(readOnly: boolean): void {
  if (!readOnly) return;
  throw invalid("readOnly", "is true, so that nothing can be added or removed. Load the directory without it");
}
