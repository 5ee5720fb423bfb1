import { checkSource, invalid } from "@bge-js/core/adapter";
import { addDocuments, type Intake, type Reading } from "./add.js";
import type { Added, AddOptions, DocumentIndex } from "./api.js";
import { checkId, checkIds } from "./documents.js";
import type { Lifetime } from "./lifetime.js";
import { checkAddOptions } from "./options.js";
import type { Store, Stored } from "./store.js";

export interface IndexParts<Given, K, D, Input> {
  readonly store: Store<K>;
  readonly intake: Intake<Given, K, Input>;
  readonly lifetime: Lifetime;
  readonly readOnly?: boolean | undefined;
  /** Models to dispose with it. */
  readonly owned: readonly { dispose(): Promise<void> }[];
  /** Returns a document of the store as the caller's. */
  toDocument(kept: K): D;
}

/** A retriever without its search. */
export interface FillableIndex<Given, D> extends DocumentIndex<D> {
  add(documents: Iterable<Given> | AsyncIterable<Given>, options?: AddOptions): Promise<Added>;
}

export function createDocumentIndex<Given, K extends Stored, D, Input>({
  store,
  intake,
  lifetime,
  readOnly = false,
  owned,
  toDocument,
}: IndexParts<Given, K, D, Input>): FillableIndex<Given, D> {
  const { untilDisposed, throwIfDisposed, isDisposed, end } = lifetime;
  const reading: Reading = new Map();

  function refuseReadOnly(): void {
    if (!readOnly) return;
    throw invalid("readOnly", "is true, so that nothing can be added or removed. Load the directory without it");
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
    async add(documents, options = {}) {
      checkSource(documents);
      const checked = checkAddOptions(options);
      refuseReadOnly();
      return untilDisposed(
        (signal) => addDocuments(documents, { store, intake, reading }, { ...checked, signal }),
        checked.signal,
      );
    },
    async remove(ids) {
      throwIfDisposed();
      const all = checkIds(ids);
      refuseReadOnly();
      return store.remove(all);
    },
    has(id) {
      throwIfDisposed();
      checkId(id);
      return store.has(id);
    },
    get(id) {
      throwIfDisposed();
      checkId(id);
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
