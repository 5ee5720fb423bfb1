import { createLexicalIndex } from "./bm25.js";
import { topSlots } from "./top.js";
import { createVectorIndex } from "./vectors.js";

/** Removed documents that are kept until their slots are swept, beside a quarter of those that are there. */
const REMOVED_KEPT = 1024;

/** A document in the index. */
export interface Entry<D> {
  readonly document: D;
  /** Its compressed token rows, if any are kept. */
  readonly rows: Uint8Array | undefined;
  /** Counts additions up: a search does not see what came after it began. */
  readonly born: number;
}

/** Documents with the two indexes over them. */
export interface Store<D> {
  readonly size: number;
  /** Takes the place of a document of the same id; tells whether there was one. */
  put(document: D, vector: Float32Array, rows?: Uint8Array): boolean;
  remove(id: string): boolean;
  has(id: string): boolean;
  /** What one search looks at: the documents that are there. */
  view(accept: (document: D) => boolean): View<D>;
}

export interface View<D> {
  lexical(query: string): Float64Array;
  dense(query: Float32Array, signal?: AbortSignal): Promise<Float32Array>;
  /** The slots of the best documents with scores above `over`, without those that were removed since, or refused. */
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

  function put(document: D, vector: Float32Array, rows?: Uint8Array): boolean {
    const replaced = remove(document.id);
    const slot = free.pop() ?? entries.length;
    entries[slot] = { document, rows, born: ++born };
    slots.set(document.id, slot);
    words.add(slot, document.text);
    vectors.set(slot, vector);
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
    // What was accepted is kept: `accept` is the caller's, and may take documents out of the store.
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
