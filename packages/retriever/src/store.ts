import { createLexicalIndex } from "./bm25.js";
import { topSlots } from "./top.js";
import { createVectorIndex } from "./vectors.js";

/** Removed documents to keep before their slots are swept, in addition to a quarter of the current number. */
const REMOVED_KEPT = 1024;

/** A document in the index. */
export interface Entry<D> {
  readonly document: D;
  /** Its compressed token rows, if kept. */
  readonly rows: Uint8Array | undefined;
  /** Sequence number of the addition: a search does not see documents added after it began. */
  readonly born: number;
}

/** Documents with a lexical and a vector index. */
export interface Store<D> {
  readonly size: number;
  /**
   * Adds a document with its vectors, of which the best counts, or replaces the one with the same id. Returns true if it
   * has replaced one.
   */
  put(document: D, vectors: readonly Float32Array[], rows?: Uint8Array): boolean;
  remove(id: string): boolean;
  has(id: string): boolean;
  /** Returns a search's view of the current documents, filtered by `accept`. */
  view(accept: (document: D) => boolean): View<D>;
}

export interface View<D> {
  lexical(query: string): Float64Array;
  dense(query: Float32Array, signal?: AbortSignal): Promise<Float32Array>;
  /** Returns the slots of the best documents with scores above `over`, without those removed since or rejected. */
  best(scores: ArrayLike<number>, count: number, over?: number): number[];
  entry(slot: number): Entry<D>;
}

export function createStore<D extends { readonly id: string; readonly text: string }>(dimensions: number): Store<D> {
  const entries: (Entry<D> | undefined)[] = [];
  const slots = new Map<string, number>();
  const removed = new Set<number>();
  const free: number[] = [];
  const words = createLexicalIndex();
  const vectors = createVectorIndex(dimensions);
  let born = 0;

  function put(document: D, of: readonly Float32Array[], rows?: Uint8Array): boolean {
    const replaced = remove(document.id);
    const slot = free.pop() ?? entries.length;
    entries[slot] = { document, rows, born: ++born };
    slots.set(document.id, slot);
    words.add(slot, document.text);
    vectors.set(slot, of);
    return replaced;
  }

  function remove(id: string): boolean {
    const slot = slots.get(id);
    if (slot === undefined) return false;
    words.remove(slot, entries[slot]!.document.text);
    slots.delete(id);
    entries[slot] = undefined;
    removed.add(slot);
    if (removed.size > REMOVED_KEPT + slots.size / 4) {
      words.sweep(removed);
      free.push(...removed);
      removed.clear();
    }
    return true;
  }

  function view(accept: (document: D) => boolean): View<D> {
    const size = entries.length;
    const latest = born;
    // Keep accepted documents: `accept` is the caller's function, and may remove documents from the store.
    const accepted = new Map<number, Entry<D> | undefined>();
    function isAccepted(slot: number): boolean {
      const entry = entries[slot];
      if (entry === undefined || entry.born > latest) return false;
      if (!accepted.has(slot)) accepted.set(slot, accept(entry.document) ? entry : undefined);
      return accepted.get(slot) !== undefined;
    }
    return {
      lexical: (query) => words.score(query, size),
      dense: (query, signal) => vectors.score(query, size, signal),
      best: (scores, count, over = Number.NEGATIVE_INFINITY) =>
        topSlots(scores, count, (slot) => scores[slot]! > over && isAccepted(slot)),
      entry: (slot) => accepted.get(slot)!,
    };
  }

  return {
    get size() {
      return slots.size;
    },
    put,
    remove,
    has: (id) => slots.has(id),
    view,
  };
}
