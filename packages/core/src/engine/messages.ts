/**
 * What crosses the thread boundary, as types: plain data alone, so that the same messages could travel to a process.
 */
import type { Architecture, Pooling } from "../spec.js";
import type { Gate } from "./native-gate.js";

/** What a worker is started with. */
export interface WorkerStart {
  readonly file: string;
  readonly directory: string;
  readonly architecture: Architecture;
  /** Name of the graph's output that is read. */
  readonly output: string;
  readonly threads: number;
}

export interface WorkerData extends WorkerStart {
  readonly gate: Gate;
}

/** What the files turned out to be, told once a worker stands. */
export interface ModelInfo {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Shape of `output` for a text of no words, `[1, tokens, width]` or `[1, logits]`. */
  readonly shape: readonly number[];
  /** Special tokens around one text, and around a pair. */
  readonly frame: { readonly single: number; readonly pair: number };
}

/** Token ids of several inputs, one behind the other. */
export interface TokenRows {
  readonly ids: Int32Array;
  readonly lengths: Int32Array;
  /** Where the second text of each pair begins; 0 in rows of one text. */
  readonly seconds: Int32Array;
}

/** How texts become rows. */
export type Encoding =
  /** `[CLS] text [SEP]`, cut to `maxTokens`. */
  | { readonly form: "single"; readonly maxTokens: number }
  /** The text alone, cut to `maxTokens`: the query of pairs to come. */
  | { readonly form: "bare"; readonly maxTokens: number }
  /** `[CLS] query [SEP] text [SEP]` (two `</s>` between in XLM-R), cut at the end of the text alone. */
  | { readonly form: "pair"; readonly maxTokens: number; readonly query: Int32Array }
  /** Nothing but the count, specials included. */
  | { readonly form: "count" };

/** What is made of the model's output, in the worker, so that only finished numbers cross back. */
export type Head =
  | { readonly type: "vector"; readonly pooling: Pooling; readonly dimensions: number }
  | { readonly type: "tokens"; readonly dimensions: number }
  /** `query`: its token rows. The first token's row ([CLS]) of each document is left out. */
  | { readonly type: "max-sim"; readonly dimensions: number; readonly query: Float32Array }
  | { readonly type: "logit" };

export type Work =
  | { readonly type: "encode"; readonly texts: readonly string[]; readonly encoding: Encoding }
  | { readonly type: "run"; readonly rows: TokenRows; readonly head: Head }
  /** Both for one text: one hop less. */
  | { readonly type: "encode-and-run"; readonly text: string; readonly encoding: Encoding; readonly head: Head };

/** `totals`: tokens of each text before any cut, specials included (form `bare`: without). */
export interface Encoded {
  readonly rows: TokenRows;
  readonly totals: Int32Array;
}

/** `data`: vectors row by row, token vectors row by row, or one number a row. `faulty`: rows with a number that is not finite, vectors of zeros. */
export interface Computed {
  readonly data: Float32Array;
  readonly faulty: readonly number[];
}

export type Result<W extends Work> = W extends { type: "encode" }
  ? Encoded
  : W extends { type: "run" }
    ? Computed
    : Computed & { readonly kept: number; readonly total: number };

export type FromWorker =
  | { readonly type: "ready"; readonly info: ModelInfo }
  | { readonly type: "cannot-start"; readonly code: string; readonly message: string }
  | { readonly type: "done"; readonly result: Result<Work> }
  | { readonly type: "failed"; readonly message: string };

export type ToWorker = Work | { readonly type: "close" };
