import { maxSim } from "./max-sim.js";
import type { Computed, Head, TokenRows } from "./messages.js";
import { type HiddenRow, poolRow, tokenRows } from "./pooling.js";
import { rowSize } from "./row-size.js";

/** The model's output: hidden states `[rows, tokens, width]`, or logits `[rows, 1]`. */
export interface Output {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Turns the model's output into what crosses back to the caller. */
export function applyHead(head: Head, output: Output, lengths: TokenRows["lengths"]): Computed {
  if (head.type === "logit") return checked(head, Float32Array.from(output.data), lengths);
  const [, tokens = 0, width = 0] = output.shape;
  const { dimensions } = head;
  const rows = Array.from(lengths, (length, row): HiddenRow => {
    return { hidden: output.data, offset: row * tokens * width, length, width };
  });
  if (head.type === "vector") {
    const data = new Float32Array(rows.length * dimensions);
    for (const [i, row] of rows.entries()) poolRow(row, head.pooling, dimensions, data, i * dimensions);
    return checked(head, data, lengths);
  }
  if (head.type === "tokens") {
    const data = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0) * dimensions);
    let at = 0;
    for (const row of rows) {
      tokenRows(row, dimensions, data, at);
      at += row.length * dimensions;
    }
    return checked(head, data, lengths);
  }
  const scores = rows.map((row) => {
    const document = new Float32Array(row.length * dimensions);
    tokenRows(row, dimensions, document, 0);
    return maxSim(head.query, document.subarray(dimensions), dimensions);
  });
  return checked(head, Float32Array.from(scores), lengths);
}

/** Finds rows with NaN or infinity, and vectors of no direction: what is no vector must be an error, not an answer. */
function checked(head: Head, data: Float32Array, lengths: TokenRows["lengths"]): Computed {
  const faulty: number[] = [];
  let from = 0;
  for (const [row, length] of lengths.entries()) {
    const to = from + rowSize(head, length);
    const values = data.subarray(from, to);
    const empty = head.type === "vector" && values.every((value) => value === 0);
    if (empty || !values.every(Number.isFinite)) faulty.push(row);
    from = to;
  }
  return { data, faulty };
}
