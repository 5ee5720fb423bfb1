import { dotProduct, turn } from "@bge-js/core/adapter";

/** Vectors per page. Growing copies nothing, and a page is scored in a millisecond or two. */
const PAGE = 2048;

/** Vectors of `dimensions` numbers in numbered slots. */
export interface VectorIndex {
  /** Sets a vector. `slot` is either in use or the next one. */
  set(slot: number, vector: Float32Array): void;
  /**
   * Returns the exact dot products with the vectors in the slots below `size`. Yields to the event loop between pages.
   */
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
