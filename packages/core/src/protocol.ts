/**
 * What crosses the thread boundary, as types: plain data alone, so that the same messages could travel to a process.
 */
import type { Architecture, Device, Padding, Pooling, RerankerPrompt } from "./api/model.js";
import type { NativeThreadData } from "./engine/native-thread.js";

/** What a worker is started with. */
export interface WorkerStart {
  readonly file: string;
  readonly optimized: boolean;
  readonly directory: string;
  readonly architecture: Architecture;
  readonly padding: Padding;
  /** An LLM reranker's text around query and document. */
  readonly prompt?: RerankerPrompt;
  /** Names of the graph's outputs that may be read. */
  readonly reads: readonly string[];
  readonly device: Device;
  readonly threads: number;
  /** Threads for work that is sent as `lone`. */
  readonly loneThreads: number;
}

export interface WorkerData extends WorkerStart, NativeThreadData {}

/** What the files turned out to be, told once a worker stands. */
export interface ModelInfo {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Tokens of a very short text, and the shape of each output that may be read for it: `[1, tokens, width]`, `[1, width]`, ... */
  readonly probe: { readonly tokens: number; readonly shapes: Readonly<Record<string, readonly number[]>> };
  readonly frame: FrameSize;
}

/** Tokens that stand around texts. */
export interface FrameSize {
  /** Around one text. */
  readonly single: number;
  /** Before, between and behind the texts of a pair, as far as the limit counts them. */
  readonly pair: number;
  /** Behind a pair and beyond the limit: an LLM reranker's separator and prompt. */
  readonly tail: number;
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
  /**
   * The text cut to `maxTokens` as if it stood alone, decoded, put between `prefix` and `suffix` and encoded again, as
   * FlagICLModel does with queries; `prefix` and `suffix` are not cut.
   */
  | { readonly form: "few-shot"; readonly maxTokens: number; readonly prefix: string; readonly suffix: string }
  /** The text alone, cut to `maxTokens`: the query of pairs to come. */
  | { readonly form: "bare"; readonly maxTokens: number }
  /** `[CLS] query [SEP] text [SEP]`, or what the architecture has for that, cut at the end of the text alone. */
  | { readonly form: "pair"; readonly maxTokens: number; readonly query: Int32Array }
  /** Nothing but the count, specials included. */
  | { readonly form: "count" };

/**
 * What is made of one output of the model, in the worker, so that only finished numbers cross back. One run may have several:
 * a row's numbers then stand one head behind the other.
 */
export type Head = { readonly output: string } & (
  | { readonly type: "vector"; readonly pooling: Pooling; readonly dimensions: number }
  /** `skip`: tokens at the start that are left out. */
  | { readonly type: "tokens"; readonly dimensions: number; readonly skip: 0 | 1 }
  /** For each token its id and weight; both 0 where the token counts for nothing. Ids stay exact in float32 (below 2 ** 24). */
  | { readonly type: "sparse" }
  /** `query`: its token rows. The first token's row ([CLS]) of each document is left out. */
  | { readonly type: "max-sim"; readonly dimensions: number; readonly query: Float32Array }
  /** The same, row by row of the query and by its token ids: see `bestMatches`. */
  | {
      readonly type: "best-matches";
      readonly dimensions: number;
      readonly query: Float32Array;
      readonly queryIds: Int32Array;
    }
  | { readonly type: "dot"; readonly pooling: Pooling; readonly dimensions: number; readonly query: Float32Array }
  /** `query`: what the head `sparse` gave for it. */
  | { readonly type: "lexical"; readonly query: Float32Array }
  | { readonly type: "logit" }
);

export type Work =
  | { readonly type: "encode"; readonly texts: readonly string[]; readonly encoding: Encoding }
  | { readonly type: "run"; readonly rows: TokenRows; readonly heads: readonly Head[] }
  /** Both for one text: one hop less. */
  | {
      readonly type: "encode-and-run";
      readonly text: string;
      readonly encoding: Encoding;
      readonly heads: readonly Head[];
    }
  /** Each token alone, as text. */
  | { readonly type: "decode"; readonly ids: Int32Array };

/** Work as it is sent; `timed` asks for the times of its stages, `lone` says that nothing else runs meanwhile. */
export type SentWork = Work & { readonly timed?: true; readonly lone?: true };

/** Milliseconds of a worker's stages: text to tokens, the graph, and what is made of its outputs. */
export interface Timing {
  readonly tokenizeMs: number;
  readonly runMs: number;
  readonly postprocessMs: number;
}

/** `totals`: tokens of each text before any cut, specials included (form `bare`: without). */
export interface Encoded {
  readonly rows: TokenRows;
  readonly totals: Int32Array;
}

/** `data`: the heads' numbers row by row. `faulty`: rows with a number that is not finite, and vectors of zeros. */
export interface Computed {
  readonly data: Float32Array;
  readonly faulty: readonly number[];
}

export type Result<W extends Work> = W extends { type: "encode" }
  ? Encoded
  : W extends { type: "decode" }
    ? readonly string[]
    : W extends { type: "run" }
      ? Computed
      : Computed & { readonly kept: number; readonly total: number };

export type FromWorker =
  | { readonly type: "ready"; readonly info: ModelInfo }
  | { readonly type: "cannot-start"; readonly code: string; readonly message: string }
  | { readonly type: "done"; readonly result: Result<Work>; readonly timing?: Timing }
  | { readonly type: "failed"; readonly message: string };

export type ToWorker = SentWork | { readonly type: "close" };
