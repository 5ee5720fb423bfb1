import type { Slices } from "./slices.js";

/** Slots and how often a word is in their texts, alternating. */
export type Postings = ArrayLike<number>;

/** An inverted index in memory, over texts in numbered slots. */
export interface WordIndex {
  /** Number of postings. */
  readonly size: number;
  /** Adds a text's words. A slot may be reused once it was swept. */
  add(slot: number, words: readonly string[]): void;
  /** A word's postings, including those of slots removed since and not yet swept. They only grow: a sweep leaves them to whoever has them. */
  get(word: string): Postings | undefined;
  /** All words, in no order. */
  words(): Iterable<string>;
  /**
   * Drops the postings of slots that `isKept` refuses, in one pass over the whole index that yields to the event loop. Texts may be added
   * meanwhile, but a second sweep must wait for the first.
   */
  sweep(isKept: (slot: number) => boolean, slices: Slices): Promise<void>;
  /** Drops everything. A sweep that is under way ends. */
  clear(): void;
}

/** Numbers looked at between looks at the clock. */
const STRETCH = 16_384;

export function createWordIndex(): WordIndex {
  const index = new Map<string, number[]>();
  let size = 0;

  function add(slot: number, words: readonly string[]): void {
    for (const word of words) {
      const postings = index.get(word);
      // A reused slot was swept: the last entry is this text's or another's.
      if (postings?.[postings.length - 2] === slot) {
        postings[postings.length - 1]!++;
        continue;
      }
      size++;
      if (postings === undefined) index.set(word, [slot, 1]);
      else postings.push(slot, 1);
    }
  }

  async function sweep(isKept: (slot: number) => boolean, slices: Slices): Promise<void> {
    for (const [word, postings] of index) {
      // Not in place: a search may be in the middle of them.
      const kept: number[] = [];
      let from = 0;
      // They may have grown whenever others had their turn, so that nothing may wait between the last of them and what follows.
      while (from < postings.length) {
        if (slices.due()) await slices.next();
        const to = Math.min(from + STRETCH, postings.length);
        for (; from < to; from += 2) if (isKept(postings[from]!)) kept.push(postings[from]!, postings[from + 1]!);
      }
      size -= (postings.length - kept.length) / 2;
      if (kept.length === 0) index.delete(word);
      else if (kept.length < postings.length) index.set(word, kept);
    }
  }

  return {
    get size() {
      return size;
    },
    add,
    get: (word) => index.get(word),
    words: () => index.keys(),
    sweep,
    clear() {
      index.clear();
      size = 0;
    },
  };
}
