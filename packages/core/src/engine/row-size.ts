import type { Head } from "../protocol.js";

/** Numbers that one head gives for a row of `length` tokens. */
export function rowSize(head: Head, length: number): number {
  switch (head.type) {
    case "vector":
      return head.dimensions;
    case "tokens":
      return (length - head.skip) * head.dimensions;
    case "sparse":
      return 2 * length;
    case "best-matches":
      return 2 * head.queryIds.length;
    default:
      return 1;
  }
}

/** A row's numbers, head by head; a head that is alone keeps the array. */
export function splitRow(data: Float32Array, heads: readonly Head[], length: number): Float32Array[] {
  if (heads.length === 1) return [data];
  let from = 0;
  return heads.map((head) => {
    const to = from + rowSize(head, length);
    const values = data.slice(from, to);
    from = to;
    return values;
  });
}

/** Numbers that all heads give for a row of `length` tokens. */
export function rowsSize(heads: readonly Head[], length: number): number {
  return heads.reduce((sum, head) => sum + rowSize(head, length), 0);
}
