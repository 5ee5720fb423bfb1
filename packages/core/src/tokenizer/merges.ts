import { BgeError } from "../api/errors.js";
import type { BpeStep } from "./tokenizer-json.js";

/** The merges of a byte-pair encoding, keyed by the ids of their sides. */
export interface Merges {
  /** Returns the rank of a pair, of which the lowest merges first, or undefined if it does not merge. */
  rank(left: number, right: number): number | undefined;
  /** The resulting id of each merge, by rank. */
  readonly results: Int32Array;
}

export function readMerges(vocabulary: ReadonlyMap<string, number>, merges: BpeStep["merges"]): Merges {
  let width = 1;
  for (const id of vocabulary.values()) width = Math.max(width, id + 1);
  const ranks = new Map<number, number>();
  const results = new Int32Array(merges.length);
  for (const [rank, merge] of merges.entries()) {
    const [left, right] = sides(merge);
    const ids = [left, right, left + right].map((token) => vocabulary.get(token));
    if (ids.includes(undefined)) {
      throw new BgeError(
        "MODEL_CORRUPT",
        `tokenizer.json cannot be used: a side or the result of merge ${rank} is not in its vocabulary. Download it again.`,
      );
    }
    ranks.set(ids[0]! * width + ids[1]!, rank);
    results[rank] = ids[2]!;
  }
  return { results, rank: (left, right) => ranks.get(left * width + right) };
}

export function sides(merge: string | readonly [string, string]): readonly [string, string] {
  if (typeof merge !== "string") return merge;
  const blank = merge.indexOf(" ");
  return [merge.slice(0, blank), merge.slice(blank + 1)];
}

const PLACES = 2 ** 32;

/** Merges symbols until no pair is left: lowest rank first, then leftmost, in O(n log n). */
export function mergeAll(symbols: Int32Array, merges: Merges): Int32Array {
  const length = symbols.length;
  const next = Int32Array.from({ length }, (_, at) => at + 1);
  const previous = Int32Array.from({ length }, (_, at) => at - 1);
  const gone = new Uint8Array(length);
  // One number encodes rank and position.
  const queue = createHeap();
  const offer = (at: number) => {
    const rank = merges.rank(symbols[at]!, symbols[next[at]!]!);
    if (rank !== undefined) queue.push(rank * PLACES + at);
  };
  for (let at = 0; at + 1 < length; at++) offer(at);
  while (queue.size > 0) {
    const first = queue.pop();
    const at = first % PLACES;
    const right = next[at]!;
    if (gone[at] || right >= length) continue;
    const result = merges.results[(first - at) / PLACES]!;
    // A neighbour may have changed since. As in Rust, merge anyway if the result is the same.
    const rank = merges.rank(symbols[at]!, symbols[right]!);
    if (rank === undefined || merges.results[rank] !== result) continue;
    symbols[at] = result;
    gone[right] = 1;
    next[at] = next[right]!;
    if (next[at]! < length) previous[next[at]!] = at;
    if (previous[at]! >= 0) offer(previous[at]!);
    if (next[at]! < length) offer(at);
  }
  return symbols.filter((_, at) => !gone[at]);
}

/** A priority queue of numbers, smallest first. */
export interface Heap {
  readonly size: number;
  push(value: number): void;
  /** Removes and returns the smallest number. The heap must not be empty. */
  pop(): number;
}

/** Creates a binary heap. */
export function createHeap(): Heap {
  const values: number[] = [];
  return {
    get size() {
      return values.length;
    },
    push(value) {
      let at = values.length;
      values.push(value);
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (values[parent]! <= value) break;
        values[at] = values[parent]!;
        at = parent;
      }
      values[at] = value;
    },
    pop() {
      const smallest = values[0]!;
      const last = values.pop()!;
      const length = values.length;
      if (length === 0) return smallest;
      let at = 0;
      for (;;) {
        let child = 2 * at + 1;
        if (child >= length) break;
        if (child + 1 < length && values[child + 1]! < values[child]!) child++;
        if (values[child]! >= last) break;
        values[at] = values[child]!;
        at = child;
      }
      values[at] = last;
      return smallest;
    },
  };
}
