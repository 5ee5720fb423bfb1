import type { Head } from "./messages.js";

/** Numbers that one row of `length` tokens gives. */
export function rowSize(head: Head, length: number): number {
  if (head.type === "vector") return head.dimensions;
  return head.type === "tokens" ? length * head.dimensions : 1;
}
