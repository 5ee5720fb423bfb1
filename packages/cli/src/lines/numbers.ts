import type { SparseVector, TextEmbedding, TokenVectors } from "@bge-js/core";

/** Returns float32 numbers so that they are written with at most nine digits, which is every bit of them. */
export function shortened(values: Float32Array | readonly number[]): number[] {
  return Array.from(values, (value) => Number(value.toPrecision(9)));
}

/** Returns a text's outputs as JSON holds them. */
export function toJson({ dense, sparse, multiVector }: TextEmbedding) {
  return {
    ...(dense && { dense: shortened(dense) }),
    ...(sparse && { sparse: shortSparse(sparse) }),
    ...(multiVector && { multiVector: rowsOf(multiVector) }),
  };
}

function shortSparse({ indices, values }: SparseVector): SparseVector {
  return { indices, values: shortened(values) };
}

function rowsOf({ data, rows, dimensions }: TokenVectors): number[][] {
  return Array.from({ length: rows }, (_, row) => shortened(data.subarray(row * dimensions, (row + 1) * dimensions)));
}
