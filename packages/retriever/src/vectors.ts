import { dotProduct, turn } from "@bge-js/core/adapter";

/** Vectors per page. Growing copies nothing, and a page is scored in a millisecond or two. */
const PAGE = 2048;

/** Vectors of `dimensions` numbers in numbered slots, one or more in each. */
export interface VectorIndex {
  /** Sets a slot's vectors, in place of those it had. `slot` is either in use or the next one. */
  set(slot: number, vectors: readonly Float32Array[]): void;
  /**
   * Returns the exact dot products with the vectors in the slots below `size`, of each slot the highest. Yields to the
   * event loop between pages.
   */
  score(query: Float32Array, size: number, signal?: AbortSignal): Promise<Float32Array>;
}

export function createVectorIndex(dimensions: number): VectorIndex {
  const pages: Float32Array[] = [];
  /** The slot of each row, and the rows of each slot. */
  const owners: number[] = [];
  const rowsOf: (readonly number[])[] = [];
  const free: number[] = [];

  function set(slot: number, vectors: readonly Float32Array[]): void {
    for (const row of rowsOf[slot] ?? []) {
      owners[row] = -1;
      free.push(row);
    }
    rowsOf[slot] = vectors.map((vector) => {
      const row = free.pop() ?? owners.length;
      owners[row] = slot;
      const page = Math.floor(row / PAGE);
      if (page === pages.length) pages.push(new Float32Array(PAGE * dimensions));
      pages[page]!.set(vector, (row % PAGE) * dimensions);
      return row;
    });
  }

  async function score(query: Float32Array, size: number, signal?: AbortSignal): Promise<Float32Array> {
    const scores = new Float32Array(size).fill(Number.NEGATIVE_INFINITY);
    const rows = owners.length;
    for (let from = 0; from < rows; from += PAGE) {
      if (from > 0) await turn();
      signal?.throwIfAborted();
      const page = pages[from / PAGE]!;
      for (let row = 0; row < Math.min(PAGE, rows - from); row++) {
        const owner = owners[from + row]!;
        if (owner < 0 || owner >= size) continue;
        const cosine = dotProduct(page, row * dimensions, query, 0, dimensions);
        if (cosine > scores[owner]!) scores[owner] = cosine;
      }
    }
    return scores;
  }

  return { set, score };
}
