import { createHash } from "node:crypto";
import type { SparseVector } from "@bge-js/core";
import { B, countWords, K1, wordsOf } from "@bge-js/retriever/adapter";

/**
 * Returns a document's words as Qdrant's sparse vector: each word's share of BM25 without its rarity, f / (f + k1 * (1 -
 * b + b * length / mean length)). The server multiplies by the rarity (its modifier `idf`, which is Lucene's formula), so
 * that the dot product with `queryWords` is the score that `@bge-js/retriever` gives.
 */
export function documentWords(text: string, averageWords: number): SparseVector {
  const words = wordsOf(text);
  const norm = K1 * (1 - B + (B * words.length) / averageWords);
  return sparse(words, (count) => count / (count + norm));
}

/** Returns a query's words: a repeated one counts each time. */
export function queryWords(text: string): SparseVector {
  return sparse(wordsOf(text), (count) => count);
}

/** Number of words by which BM25 measures a document's length. */
export function lengthInWords(text: string): number {
  return wordsOf(text).length;
}

function sparse(words: readonly string[], weigh: (count: number) => number): SparseVector {
  const weights = new Map<number, number>();
  for (const [word, count] of countWords(words)) {
    const index = indexOf(word);
    // Two words with one index, of four billion, count as one.
    weights.set(index, (weights.get(index) ?? 0) + weigh(count));
  }
  const entries = [...weights].sort(([a], [b]) => a - b);
  return { indices: entries.map(([index]) => index), values: entries.map(([, value]) => value) };
}

/** A word's place in the vector: 32 bits of its SHA-1. */
function indexOf(word: string): number {
  return createHash("sha1").update(word).digest().readUInt32LE(0);
}
