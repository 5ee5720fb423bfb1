import type { Computed, Head, TokenRows } from "../protocol.js";
import { rowSize, rowsSize } from "../protocol.js";
import { compressRows, type TokenSide } from "../rows/compress.js";
import { dotProduct, maxSim } from "../similarity.js";
import { addLexical, lexicalScore } from "./lexical.js";
import { type HiddenRow, poolRow, tokenRows } from "./pooling.js";

/** One output of the graph: token vectors `[rows, tokens, width]`, pooled ones `[rows, width]`, weights `[rows, tokens]`, logits `[rows, 1]`. */
export interface Output {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Whether nothing but each row's first token is read: a graph that can then computes no others in its last layer. */
export function readFirstToken(heads: readonly Head[]): boolean {
  return heads.every((head) => (head.type === "vector" || head.type === "dot") && head.pooling === "cls");
}

/** What the rows of a run are. */
export interface RunRows {
  readonly rows: TokenRows;
  readonly padding: "left" | "right";
  /** Tokens of each row, from its first, that the outputs hold. @default all, or all but the first ones of some graphs */
  readonly outputLength?: number | undefined;
  /** Ids that carry no lexical weight: special tokens. */
  readonly weightless: ReadonlySet<number>;
}

/** Where a row's tokens stand in an output. */
interface Place {
  readonly row: number;
  readonly length: number;
  /** Tokens of the output before row's first; negative where the graph leaves out the first token. */
  readonly start: number;
  readonly ids: Int32Array;
}

/** Turns the model's outputs into what crosses back to the caller. */
export function applyHeads(
  heads: readonly Head[],
  outputs: Readonly<Record<string, Output>>,
  { rows, padding, outputLength, weightless }: RunRows,
): Computed {
  const { ids, lengths } = rows;
  const longest = Math.max(...lengths);
  const data = new Float32Array(lengths.reduce((sum, length) => sum + rowsSize(heads, length), 0));
  const faulty: number[] = [];
  const keptRows: Uint8Array[] = [];
  let at = 0;
  let firstId = 0;
  for (const [row, length] of lengths.entries()) {
    const ofRow = ids.subarray(firstId, firstId + length);
    firstId += length;
    let fault = false;
    for (const head of heads) {
      const output = outputs[head.output]!;
      const tokens = output.shape[1] ?? 0;
      const lead = padding === "left" ? longest - length : 0;
      const start = row * tokens + lead - (outputLength === undefined ? longest - tokens : 0);
      const values = data.subarray(at, at + rowSize(head, length));
      const place = { row, length, start, ids: ofRow };
      if (head.type === "kept-rows") {
        const kept = keepRows(head.dimensions, output, place);
        fault ||= kept === undefined;
        keptRows.push(kept ?? new Uint8Array(0));
        continue;
      }
      applyHead(head, output, place, weightless, values);
      fault ||= isFaulty(head, values);
      at += values.length;
    }
    if (fault) faulty.push(row);
  }
  return keptRows.length === 0 ? { data, faulty } : { data, faulty, keptRows };
}

function keepRows(dimensions: number, output: Output, place: Place): Uint8Array | undefined {
  const side = sideOf(dimensions, output, place);
  return areFinite(side.rows) ? compressRows(side, dimensions) : undefined;
}

/** A text's tokens but for the first. */
function sideOf(dimensions: number, output: Output, place: Place): TokenSide {
  const rows = new Float32Array((place.length - 1) * dimensions);
  tokenRows(hiddenRow(output, place), 1, dimensions, rows);
  return { rows, ids: place.ids.subarray(1) };
}

function applyHead(
  head: Exclude<Head, { type: "kept-rows" }>,
  output: Output,
  place: Place,
  weightless: ReadonlySet<number>,
  out: Float32Array,
): void {
  switch (head.type) {
    case "logit":
      out[0] = output.data[place.row]!;
      return;
    case "projection": {
      const from = place.row * head.dimensions;
      out.set(output.data.subarray(from, from + head.dimensions));
      return;
    }
    case "vector":
      poolRow(textRow(output, place), head.pooling, out);
      return;
    case "dot": {
      const vector = new Float32Array(head.dimensions);
      poolRow(textRow(output, place), head.pooling, vector);
      out[0] = dotProduct(vector, 0, head.query, 0, head.dimensions);
      return;
    }
    case "tokens":
      tokenRows(hiddenRow(output, place), head.skip, head.dimensions, out);
      return;
    case "token-ids":
      out.set(place.ids.subarray(head.skip));
      return;
    case "max-sim":
      out[0] = maxSim(head.query, sideOf(head.dimensions, output, place).rows, head.dimensions);
      return;
    case "sparse":
      addLexical(place.ids, weightsOf(output, place), weightless, out);
      return;
    case "lexical": {
      const document = new Float32Array(2 * place.length);
      addLexical(place.ids, weightsOf(output, place), weightless, document);
      out[0] = lexicalScore(head.query, document);
    }
  }
}

function hiddenRow({ data, shape }: Output, { start, length }: Place): HiddenRow {
  const width = shape[2]!;
  return { hidden: data, offset: start * width, length, width };
}

/** What a text's vector is made of: its tokens, or the one vector that the graph has pooled. */
function textRow(output: Output, place: Place): HiddenRow {
  const { data, shape } = output;
  if (shape.length === 3) return hiddenRow(output, place);
  const width = shape[1]!;
  return { hidden: data, offset: place.row * width, length: 1, width };
}

function weightsOf({ data }: Output, { start, length }: Place): Float32Array {
  return data.subarray(start, start + length);
}

/** NaN, infinity, and vectors of no direction: what is no vector must be an error, not an answer. */
function isFaulty(head: Head, values: Float32Array): boolean {
  const empty = (head.type === "vector" || head.type === "projection") && values.every((value) => value === 0);
  return empty || !areFinite(values);
}

/** A loop, for `every` takes half a millisecond for a text's token rows. */
function areFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
}
