import { createWordIndex } from "./postings.js";
import { type Quantized, quantize } from "./quantized.js";
import type { Store, Stored } from "./store.js";
import { createTable } from "./table.js";
import { createView, type Entry } from "./view.js";
import { wordsOf } from "./words.js";

/** Removed documents to keep before their slots are swept, in addition to a quarter of the current number. */
const REMOVED_KEPT = 1024;

/** One for all: `add` holds what it was promised until it ends. */
const DONE = Promise.resolve();

interface Kept<D> extends Entry<D> {
  readonly low: Int8Array;
}

/** A store in this process's memory: what is put is there at once. */
export function createMemoryStore<D extends Stored>(dimensions: number): Store<D> {
  let table = createTable(dimensions);
  const kept: (Kept<D> | undefined)[] = [];
  const slots = new Map<string, number>();
  const removed = new Set<number>();
  const free: number[] = [];
  const index = createWordIndex();
  let [born, texts] = [0, 0];

  /** Throws for vectors that cannot be used, as a store on disk does: a rejection would have nobody to catch it yet. */
  function put(document: D, vectors: readonly Float32Array[], rows?: Uint8Array): Promise<void> {
    const quantized = vectors.map((vector) => quantize(vector, dimensions));
    removeOne(document.id);
    const slot = free.pop() ?? kept.length;
    const words = wordsOf(document.text ?? "");
    kept[slot] = { document, rows: () => rows, low: lowBytes(quantized, dimensions) };
    slots.set(document.id, slot);
    index.add(slot, words);
    table.add(slot, ++born, words.length, quantized);
    return DONE;
  }

  function update(document: D): Promise<void> {
    const slot = slots.get(document.id);
    if (slot !== undefined) kept[slot] = { ...kept[slot]!, document };
    return DONE;
  }

  function removeOne(id: string): boolean {
    const slot = slots.get(id);
    if (slot === undefined) return false;
    table.remove(slot);
    slots.delete(id);
    kept[slot] = undefined;
    removed.add(slot);
    if (removed.size > REMOVED_KEPT + slots.size / 4) {
      index.sweep((one) => !removed.has(one));
      // One by one: as arguments of one call, a hundred thousand would overflow the stack.
      for (const one of removed) free.push(one);
      removed.clear();
    }
    return true;
  }

  async function* ids() {
    yield* [...slots.keys()];
  }

  function nextId(): string {
    let id: string;
    do id = `#${texts++}`;
    while (slots.has(id));
    return id;
  }

  return {
    directory: undefined,
    get size() {
      return slots.size;
    },
    has: (id) => slots.has(id),
    get(id) {
      const slot = slots.get(id);
      return slot === undefined ? undefined : { ...kept[slot]!.document };
    },
    ids,
    nextId,
    put,
    update,
    isDue: () => true,
    async commit() {},
    async remove(ids) {
      let count = 0;
      for (const id of ids) if (removeOne(id)) count++;
      return count;
    },
    async view(accept) {
      return createView<D>(
        table,
        {
          postings(word) {
            const postings = index.get(word);
            return postings === undefined ? [] : [postings];
          },
          entry: (slot) => kept[slot],
          low: (slot) => kept[slot]?.low,
          close() {},
        },
        accept,
      );
    },
    async close() {
      table = createTable(dimensions);
      kept.length = 0;
      slots.clear();
      index.sweep(() => false);
    },
  };
}

/** The low bytes of a document's vectors, one after another. */
export function lowBytes(vectors: readonly Quantized[], dimensions: number): Int8Array {
  const bytes = new Int8Array(vectors.length * dimensions);
  for (const [i, { low }] of vectors.entries()) bytes.set(low, i * dimensions);
  return bytes;
}
