import type { Head } from "./messages.js";

/** Numbers that one head gives for a row of `length` tokens. */
export function rowSize(head: Head, length: number): number {
  switch (head.type) {
    case "vector":
      return head.dimensions;
    case "tokens":
      return (length - head.skip) * head.dimensions;
    case "sparse":
      return 2 * length;
    default:
      return 1;
  }
}

/** Numbers that all heads give for a row of `length` tokens. */
export function rowsSize(heads: readonly Head[], length: number): number {
  return heads.reduce((sum, head) => sum + rowSize(head, length), 0);
}
