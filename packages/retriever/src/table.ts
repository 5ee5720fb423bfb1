import { growing } from "./growing.js";
import { createScratches, type Scratch } from "./scratch.js";
import { createVectorIndex, type ScannedVector, type VectorIndex } from "./vectors.js";

/** What every search needs of every document, in memory, by slot: wherever the documents themselves are. */
export interface Table {
  /** Arrays for the scores of a search. */
  readonly scratch: (length: number) => Scratch;
  readonly vectors: VectorIndex;
  /** One more than the highest slot ever used. */
  readonly size: number;
  /** Documents in it; those of them with words, and their words together. */
  readonly count: number;
  readonly texts: number;
  readonly words: number;
  /** By slot: the number of the document's addition, which also is its place among equals; 0 for a free slot. */
  readonly born: Float64Array;
  /** By slot: the length of the document's text in words. */
  readonly lengths: Uint32Array;
  /** The number of the last addition. */
  readonly latest: number;
  add(slot: number, born: number, words: number, vectors: readonly ScannedVector[]): void;
  remove(slot: number): void;
}

export function createTable(dimensions: number): Table {
  const born = growing((length) => new Float64Array(length));
  const lengths = growing((length) => new Uint32Array(length));
  const vectors = createVectorIndex(dimensions);
  let [size, count, texts, words, latest] = [0, 0, 0, 0, 0];

  return {
    scratch: createScratches(),
    vectors,
    get size() {
      return size;
    },
    get count() {
      return count;
    },
    get texts() {
      return texts;
    },
    get words() {
      return words;
    },
    get born() {
      return born.values;
    },
    get lengths() {
      return lengths.values;
    },
    get latest() {
      return latest;
    },
    add(slot, number, length, scanned) {
      born.set(slot, number);
      lengths.set(slot, length);
      vectors.set(slot, scanned);
      size = Math.max(size, slot + 1);
      latest = Math.max(latest, number);
      words += length;
      if (length > 0) texts++;
      count++;
    },
    remove(slot) {
      if (slot >= size || born.values[slot] === 0) return;
      born.set(slot, 0);
      words -= lengths.values[slot]!;
      if (lengths.values[slot]! > 0) texts--;
      count--;
      vectors.remove(slot);
    },
  };
}
