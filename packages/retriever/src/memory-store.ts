import { gone } from "./lifetime.js";
import { createWordIndex } from "./postings.js";
import { type Quantized, quantize } from "./quantized.js";
import { createRemovals } from "./removals.js";
import { createSlices } from "./slices.js";
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
  /** Slots of removed documents whose postings are there still, and slots that can be used again. */
  let removed: number[] = [];
  const free: number[] = [];
  const index = createWordIndex();
  let sweeping: Promise<void> | undefined;
  const removals = createRemovals();
  const ending = new AbortController();
  let [born, texts] = [0, 0];

  /** Throws for vectors that cannot be used, as a store on disk does: a rejection would have nobody to catch it yet. */
  function put(document: D, vectors: readonly Float32Array[], rows?: Uint8Array): Promise<void> {
    const quantized = vectors.map((vector) => quantize(vector, dimensions));
    removals.spare(document.id);
    const before = slots.get(document.id);
    // Its id keeps its place among all ids.
    if (before !== undefined) vacate(before);
    const slot = free.pop() ?? kept.length;
    const words = wordsOf(document.text ?? "");
    kept[slot] = { document, rows: () => rows, low: lowBytes(quantized, dimensions) };
    slots.set(document.id, slot);
    index.add(slot, words);
    table.add(slot, ++born, words.length, quantized);
    return DONE;
  }

  function update(document: D): Promise<void> {
    removals.spare(document.id);
    const slot = slots.get(document.id);
    if (slot !== undefined) kept[slot] = { ...kept[slot]!, document };
    return DONE;
  }

  function removeOne(id: string): boolean {
    const slot = slots.get(id);
    if (slot === undefined) return false;
    slots.delete(id);
    vacate(slot);
    return true;
  }

  function vacate(slot: number): void {
    table.remove(slot);
    kept[slot] = undefined;
    removed.push(slot);
    if (isSweepDue()) sweeping ??= sweep();
  }

  function isSweepDue(): boolean {
    return removed.length > REMOVED_KEPT + slots.size / 4;
  }

  /** Drops the postings of removed documents, so that their slots are free. What is removed meanwhile is left to the next sweep. */
  async function sweep(): Promise<void> {
    const slices = createSlices();
    const swept = removed;
    removed = [];
    await index.sweep((slot) => table.born[slot]! > 0, slices);
    for (const slot of swept) {
      free.push(slot);
      if (slices.due()) await slices.next();
    }
    sweeping = undefined;
  }

  /** Waits where so much was removed during a sweep that the next is due. */
  async function keepPace(): Promise<void> {
    while (isSweepDue()) {
      await sweeping;
      sweeping ??= sweep();
    }
  }

  async function* ids() {
    const slices = createSlices(ending.signal);
    // One that is removed and put again meanwhile comes a second time.
    const all = new Set<string>();
    for (const id of slots.keys()) {
      all.add(id);
      if (slices.due()) await slices.next();
    }
    for (const id of all) {
      yield id;
      if (slices.due()) await slices.next();
    }
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
    commit: keepPace,
    async remove(ids) {
      const slices = createSlices(ending.signal);
      const since = removals.begin();
      let count = 0;
      try {
        for (const id of ids) {
          if (!since.has(id) && removeOne(id)) count++;
          if (slices.due()) await slices.next();
        }
      } finally {
        removals.end(since);
      }
      await keepPace();
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
      ending.abort(gone());
      table = createTable(dimensions);
      kept.length = 0;
      slots.clear();
      index.clear();
    },
  };
}

/** The low bytes of a document's vectors, one after another. */
export function lowBytes(vectors: readonly Quantized[], dimensions: number): Int8Array {
  const bytes = new Int8Array(vectors.length * dimensions);
  for (const [i, { low }] of vectors.entries()) bytes.set(low, i * dimensions);
  return bytes;
}
