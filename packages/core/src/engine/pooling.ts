import type { Pooling } from "../spec.js";

/** One padded row of token vectors inside a batch: `hidden[offset + t * width + d]`, of which `length` tokens are real. */
export interface HiddenRow {
  readonly hidden: Float32Array;
  readonly offset: number;
  readonly length: number;
  readonly width: number;
}

/** One text's vector: pooled, cut to `dimensions`, then normalised, written to `out` at `at`. */
export function poolRow(row: HiddenRow, pooling: Pooling, dimensions: number, out: Float32Array, at: number): void {
  const { hidden, offset, length, width } = row;
  if (pooling === "mean") {
    for (let d = 0; d < dimensions; d++) {
      let sum = 0;
      for (let t = 0; t < length; t++) sum += hidden[offset + t * width + d]!;
      out[at + d] = sum / length;
    }
  } else {
    const from = offset + (pooling === "last-token" ? length - 1 : 0) * width;
    out.set(hidden.subarray(from, from + dimensions), at);
  }
  normalize(out, at, dimensions);
}

/** Each token's vector, cut to `dimensions`, then normalised. */
export function tokenRows(row: HiddenRow, dimensions: number, out: Float32Array, at: number): void {
  const { hidden, offset, length, width } = row;
  for (let t = 0; t < length; t++) {
    const from = offset + t * width;
    out.set(hidden.subarray(from, from + dimensions), at + t * dimensions);
    normalize(out, at + t * dimensions, dimensions);
  }
}

/** `x / max(‖x‖, 1e-12)`, as the reference. */
function normalize(values: Float32Array, at: number, length: number): void {
  let squares = 0;
  for (let d = at; d < at + length; d++) squares += values[d]! * values[d]!;
  const norm = Math.max(Math.sqrt(squares), 1e-12);
  for (let d = at; d < at + length; d++) values[d] = values[d]! / norm;
}
