import type { EmbeddingSpec } from "../api/model.js";

/** One row of token vectors in a batch: token `t` is `hidden[offset + t * width, offset + (t + 1) * width)`. */
export interface HiddenRow {
  readonly hidden: Float32Array;
  /** Negative if the graph omits the first token: token 0 must not be read then. */
  readonly offset: number;
  /** Number of tokens, without padding. */
  readonly length: number;
  readonly width: number;
}

/** Writes one text's vector to `out`: pooled, truncated to `out`'s length, then normalised. */
export function poolRow(row: HiddenRow, pooling: EmbeddingSpec["pooling"], out: Float32Array): void {
  const { hidden, offset, length, width } = row;
  if (pooling === "mean") {
    for (let d = 0; d < out.length; d++) {
      let sum = 0;
      for (let t = 0; t < length; t++) sum += hidden[offset + t * width + d]!;
      out[d] = sum / length;
    }
  } else {
    const from = offset + (pooling === "last-token" ? length - 1 : 0) * width;
    out.set(hidden.subarray(from, from + out.length));
  }
  normalize(out, 0, out.length);
}

/** Writes each token's vector from `skip` on to `out`, truncated to `dimensions` and then normalised. */
export function tokenRows(row: HiddenRow, skip: number, dimensions: number, out: Float32Array): void {
  const { hidden, offset, length, width } = row;
  for (let t = skip; t < length; t++) {
    const from = offset + t * width;
    const at = (t - skip) * dimensions;
    out.set(hidden.subarray(from, from + dimensions), at);
    normalize(out, at, dimensions);
  }
}

/** `x / max(‖x‖, 1e-12)`, as in the reference. */
function normalize(values: Float32Array, at: number, length: number): void {
  let squares = 0;
  for (let d = at; d < at + length; d++) squares += values[d]! * values[d]!;
  const norm = Math.max(Math.sqrt(squares), 1e-12);
  for (let d = at; d < at + length; d++) values[d] = values[d]! / norm;
}
