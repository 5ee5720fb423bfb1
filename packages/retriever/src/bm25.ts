import { wordsOf } from "./words.js";

/** How fast repetitions of a word saturate, and how much long texts are penalised: Lucene's defaults. */
export const K1 = 1.2;
export const B = 0.75;

interface Postings {
  /** Alternating slots and counts, including those of texts that were removed but not yet swept. */
  readonly entries: number[];
  /** Number of texts with the word, without removed ones. */
  texts: number;
}

/** An inverted index over texts in numbered slots. */
export interface LexicalIndex {
  add(slot: number, text: string): void;
  /**
   * Removes a text from the statistics, so that scores are as if it had never been added. Does not free its slot yet.
   */
  remove(slot: number, text: string): void;
  /** Drops the entries of removed texts and so frees their slots. Takes one pass over the whole index. */
  sweep(removed: ReadonlySet<number>): void;
  /**
   * Returns the BM25 scores of the texts in the slots below `size`; 0 for texts without any word of the query. Removed
   * texts may have scores.
   */
  score(query: string, size: number): Float64Array;
}

/**
 * Creates an index with BM25 in Lucene's form, ln(1 + (N - n + 0.5) / (n + 0.5)) * f / (f + k1 * (1 - b + b * length /
 * mean length)), with exact lengths in words. A repeated query word counts each time.
 */
export function createLexicalIndex(): LexicalIndex {
  const words = new Map<string, Postings>();
  const lengths: number[] = [];
  let texts = 0;
  let totalLength = 0;

  function add(slot: number, text: string): void {
    const list = wordsOf(text);
    for (const word of list) {
      const postings = words.get(word);
      if (postings === undefined) {
        words.set(word, { entries: [slot, 1], texts: 1 });
        continue;
      }
      const { entries } = postings;
      // A reused slot has been swept: the last entry is this text's or another's.
      if (entries[entries.length - 2] === slot) entries[entries.length - 1]!++;
      else {
        entries.push(slot, 1);
        postings.texts++;
      }
    }
    lengths[slot] = list.length;
    totalLength += list.length;
    texts++;
  }

  function remove(slot: number, text: string): void {
    for (const word of new Set(wordsOf(text))) {
      const postings = words.get(word)!;
      postings.texts--;
      if (postings.texts === 0) words.delete(word);
    }
    totalLength -= lengths[slot]!;
    texts--;
  }

  function sweep(removed: ReadonlySet<number>): void {
    const isRemoved = new Uint8Array(lengths.length);
    for (const slot of removed) isRemoved[slot] = 1;
    for (const postings of words.values()) {
      const { entries } = postings;
      if (entries.length === 2 * postings.texts) continue;
      let kept = 0;
      for (let i = 0; i < entries.length; i += 2) {
        if (isRemoved[entries[i]!] === 1) continue;
        entries[kept++] = entries[i]!;
        entries[kept++] = entries[i + 1]!;
      }
      entries.length = kept;
    }
  }

  function score(query: string, size: number): Float64Array {
    const scores = new Float64Array(size);
    const meanLength = totalLength / texts;
    for (const [word, times] of countWords(wordsOf(query))) {
      const postings = words.get(word);
      if (postings === undefined) continue;
      const idf = Math.log(1 + (texts - postings.texts + 0.5) / (postings.texts + 0.5));
      const { entries } = postings;
      for (let i = 0; i < entries.length; i += 2) {
        const slot = entries[i]!;
        const count = entries[i + 1]!;
        const norm = K1 * (1 - B + (B * lengths[slot]!) / meanLength);
        scores[slot]! += (times * idf * count) / (count + norm);
      }
    }
    return scores;
  }

  return { add, remove, sweep, score };
}

export function countWords(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
