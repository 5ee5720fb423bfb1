import type { Postings } from "./postings.js";
import { createSlices } from "./slices.js";
import { wordsOf } from "./words.js";

/** How fast repetitions of a word saturate, and how much long texts are penalised: Lucene's defaults. */
export const K1 = 1.2;
export const B = 0.75;
/** Postings between looks at the clock. */
const STRETCH = 16_384;

/** The texts to score: those in the slots below `size` that are in the index. */
export interface Texts {
  readonly size: number;
  /** How many with words there are, as Lucene counts them, and their words together. */
  readonly count: number;
  readonly words: number;
  /** A text's length in words, by slot. */
  readonly lengths: ArrayLike<number>;
  /** By slot: from 1 to `latest` for texts that are there; anything else for others, whose postings may be left. */
  born(): ArrayLike<number>;
  readonly latest: number;
}

/**
 * Returns the texts' scores by slot; 0 for texts without any word of the query. BM25 in Lucene's form, ln(1 + (N - n +
 * 0.5) / (n + 0.5)) * f / (f + k1 * (1 - b + b * length / mean length)), with exact lengths in words. A repeated query
 * word counts each time. Removed texts count nowhere. Yields to the event loop.
 *
 * @param postingsOf a word's postings, in parts
 * @param scores zeros, to write them to
 */
export async function bm25(
  query: string,
  { size, count, words, lengths, born, latest }: Texts,
  postingsOf: (word: string) => Iterable<Postings>,
  signal?: AbortSignal,
  scores: Float64Array = new Float64Array(size),
): Promise<Float64Array> {
  const meanLength = words / count;
  const slices = createSlices(signal);
  for (const [word, times] of countWords(wordsOf(query))) {
    const parts: Postings[] = [];
    let texts = 0;
    for (const part of postingsOf(word)) {
      parts.push(part);
      for (let from = 0; from < part.length; from += STRETCH) {
        const to = Math.min(from + STRETCH, part.length);
        const numbers = born();
        for (let i = from; i < to; i += 2) if (isIn(numbers[part[i]!]!, latest)) texts++;
        if (slices.due()) await slices.next();
      }
    }
    const idf = Math.log(1 + (count - texts + 0.5) / (texts + 0.5));
    for (const part of parts) {
      for (let from = 0; from < part.length; from += STRETCH) {
        const to = Math.min(from + STRETCH, part.length);
        const numbers = born();
        for (let i = from; i < to; i += 2) {
          const slot = part[i]!;
          if (!isIn(numbers[slot]!, latest)) continue;
          const frequency = part[i + 1]!;
          const norm = K1 * (1 - B + (B * lengths[slot]!) / meanLength);
          scores[slot]! += (times * idf * frequency) / (frequency + norm);
        }
        if (slices.due()) await slices.next();
      }
    }
  }
  return scores;
}

function isIn(born: number, latest: number): boolean {
  return born > 0 && born <= latest;
}

export function countWords(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
