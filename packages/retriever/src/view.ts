import { bm25, type Texts } from "./bm25.js";
import type { Postings } from "./postings.js";
import type { Scratch } from "./scratch.js";
import { createSlices, type Slices } from "./slices.js";
import type { Table } from "./table.js";
import { topSlots } from "./top.js";
import type { Bounds } from "./vectors.js";

/** A document in the index. */
export interface Entry<D> {
  readonly document: D;
  /** Its compressed token rows, if kept. */
  rows(): Uint8Array | undefined;
}

/** The best slots of a stage, best first, and its score of any slot of the view. */
export interface Ranking {
  readonly slots: readonly number[];
  score(slot: number): number;
}

/** A search's view: it sees nothing added after it began, nor anything removed meanwhile. */
export interface View<D> {
  /** The `count` best documents by BM25 that have a word of the query. */
  lexical(query: string, count: number, signal?: AbortSignal): Promise<Ranking>;
  /** The `count` best documents by the dot product of their best vector: the same as if all were computed exactly. */
  dense(query: Float32Array, count: number, signal?: AbortSignal): Promise<Ranking>;
  /** Undefined if the document was removed meanwhile. */
  entry(slot: number): Entry<D> | undefined;
  close(): void;
}

/** Where a store has what is not in its table. */
export interface Reads<D> {
  postings(word: string): Iterable<Postings>;
  entry(slot: number): Entry<D> | undefined;
  /** The low bytes of the slot's vectors, one after another. */
  low(slot: number): Int8Array | undefined;
  close(): void;
}

export function createView<D>(table: Table, reads: Reads<D>, accept?: (document: D) => boolean): View<D> {
  const { size, latest, texts: count, words, lengths } = table;
  const accepted = new Map<number, boolean>();
  let scratch: Scratch | undefined;
  let running = 0;
  let closed = false;

  /** Runs a stage with arrays that are another search's only once all stages have ended. */
  async function withScratch<T>(body: (scratch: Scratch) => Promise<T>): Promise<T> {
    running++;
    try {
      scratch ??= table.scratch(size);
      return await body(scratch);
    } finally {
      running--;
      release();
    }
  }

  function release(): void {
    if (closed && running === 0) scratch?.release();
  }

  function close(): void {
    closed = true;
    reads.close();
    release();
  }

  function isThere(slot: number): boolean {
    const born = table.born[slot]!;
    return born > 0 && born <= latest;
  }

  function isAccepted(slot: number): boolean {
    if (!isThere(slot)) return false;
    if (accept === undefined) return true;
    let answer = accepted.get(slot);
    if (answer === undefined) {
      const entry = reads.entry(slot);
      answer = entry !== undefined && accept(entry.document);
      accepted.set(slot, answer);
    }
    // The caller's function may have removed it.
    return answer && isThere(slot);
  }

  function lexical(query: string, most: number, signal?: AbortSignal): Promise<Ranking> {
    return withScratch(async ({ scores }) => {
      const texts: Texts = { size, count, words, lengths, born: () => table.born, latest };
      await bm25(query, texts, reads.postings, signal, scores);
      const slots = await topSlots(scores, most, table.born, isAccepted, createSlices(signal), Number.MIN_VALUE);
      return { slots, score: (slot) => scores[slot]! };
    });
  }

  function dense(query: Float32Array, most: number, signal?: AbortSignal): Promise<Ranking> {
    return withScratch(async (bounds) => {
      await table.vectors.scan(query, bounds, signal);
      return bestExactly(query, most, bounds, createSlices(signal));
    });
  }

  async function bestExactly(
    query: Float32Array,
    most: number,
    { lower, upper }: Bounds,
    slices: Slices,
  ): Promise<Ranking> {
    const exact = new Map<number, number>();
    function score(slot: number): number {
      let value = exact.get(slot);
      if (value === undefined) {
        // Another document may be in the slot by now.
        const low = isThere(slot) ? reads.low(slot) : undefined;
        value = low === undefined ? Number.NEGATIVE_INFINITY : table.vectors.exact(query, slot, low);
        exact.set(slot, value);
      }
      return value;
    }
    // Whatever cannot reach the least that these are worth is not among the best.
    const sure = await topSlots(lower, most, table.born, isAccepted, slices);
    const least =
      sure.length < most
        ? Number.NEGATIVE_INFINITY
        : sure.reduce((lowest, slot) => Math.min(lowest, score(slot)), Number.POSITIVE_INFINITY);
    const possible: number[] = [];
    const scores: number[] = [];
    for (let slot = 0; slot < size; slot++) {
      if (slot % 8192 === 0 && slices.due()) await slices.next();
      if (upper[slot]! < least || !isAccepted(slot)) continue;
      scores.push(score(slot));
      possible.push(slot);
      if (possible.length % 16 === 0 && slices.due()) await slices.next();
    }
    const ages = possible.map((slot) => table.born[slot]!);
    const best = await topSlots(scores, most, ages, (i) => isThere(possible[i]!), slices);
    return { slots: best.map((i) => possible[i]!), score };
  }

  function entry(slot: number): Entry<D> | undefined {
    return isThere(slot) ? reads.entry(slot) : undefined;
  }

  return { lexical, dense, entry, close };
}
