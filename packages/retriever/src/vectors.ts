import { dotProduct, turn } from "@bge-js/core/adapter";

/** Vectors of one page: no growth copies what is there, and one page is scored in a millisecond or two. */
const PAGE = 2048;

/** Vectors of one width at slots. */
export interface VectorIndex {
  /** `slot` is one that was set before, or the next. */
  set(slot: number, vector: Float32Array): void;
  /** Dot products with the vectors at the slots below `size`, exact; the event loop has its turn between pages. */
  score(query: Float32Array, size: number, signal?: AbortSignal): Promise<Float32Array>;
}

export function createVectorIndex(dimensions: number): VectorIndex {
  const pages: Float32Array[] = [];

  function set(slot: number, vector: Float32Array): void {
    const page = Math.floor(slot / PAGE);
    if (page === pages.length) pages.push(new Float32Array(PAGE * dimensions));
    pages[page]!.set(vector, (slot % PAGE) * dimensions);
  }

  async function score(query: Float32Array, size: number, signal?: AbortSignal): Promise<Float32Array> {
    const scores = new Float32Array(size);
    for (let from = 0; from < size; from += PAGE) {
      if (from > 0) await turn();
      signal?.throwIfAborted();
      const page = pages[from / PAGE]!;
      const rows = Math.min(PAGE, size - from);
      for (let row = 0; row < rows; row++)
        scores[from + row] = dotProduct(page, row * dimensions, query, 0, dimensions);
    }
    return scores;
  }

  return { set, score };
}
