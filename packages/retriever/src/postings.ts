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
  /** Drops the postings of slots that `isKept` refuses. Takes one pass over the whole index. */
  sweep(isKept: (slot: number) => boolean): void;
}

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

  function sweep(isKept: (slot: number) => boolean): void {
    for (const [word, postings] of index) {
      // Not in place: a search may be in the middle of them.
      const kept: number[] = [];
      for (let i = 0; i < postings.length; i += 2) {
        if (isKept(postings[i]!)) kept.push(postings[i]!, postings[i + 1]!);
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
  };
}
