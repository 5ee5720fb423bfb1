/**
 * What crosses the thread boundary, as types: plain data alone, so that the same messages could travel to a process.
 */
import type { Architecture, Device, Padding, Pooling, RerankerPrompt } from "./api/model.js";

/** What a worker is started with. */
export interface WorkerStart {
  readonly file: string;
  readonly optimized: boolean;
  /** The folder of the tokenizer. */
  readonly directory: string;
  readonly architecture: Architecture;
  readonly padding: Padding;
  /** Texts are put into lower case before the tokenizer's own steps. */
  readonly lowerCase?: boolean;
  /** An LLM reranker's text around query and document. */
  readonly prompt?: RerankerPrompt;
  /** Names of the graph's outputs that may be read. */
  readonly reads: readonly string[];
  readonly device: Device;
  readonly threads: number;
  /** Threads for work that is sent as `lone`. */
  readonly loneThreads: number;
}

/** Two words of memory that a thread of native code shares with its parent: is it inside a native call, may it enter another. */
export type Gate = Int32Array<SharedArrayBuffer>;

/** What a thread of native code is started with, beside its own data. */
export interface NativeThreadData {
  /** Through which it makes its native calls. */
  readonly gate: Gate;
}

export interface WorkerData extends WorkerStart, NativeThreadData {}

/** The inputs of a graph that a worker can make. */
export const KNOWN_INPUTS = ["input_ids", "attention_mask", "token_type_ids", "output_length"];

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
  /** The ids of the tokens that `tokens` gives rows of, exact in float32 (below 2 ** 24). */
  | { readonly type: "token-ids"; readonly skip: 0 | 1 }
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
  /** No numbers, but what `compressRows` makes of the rows that `tokens` gives with `skip` 1. */
  | { readonly type: "kept-rows"; readonly dimensions: number }
  /** Of a query: for each of these texts, as `kept-rows` gave them, what `best-matches` gives for its own rows. */
  | { readonly type: "kept-matches"; readonly dimensions: number; readonly documents: readonly Uint8Array[] }
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

/**
 * `data`: the heads' numbers row by row. `faulty`: rows with a number that is not finite, and vectors of zeros. `keptRows`: what the
 * head `kept-rows` gave, one a row; of faulty ones nothing.
 */
export interface Computed {
  readonly data: Float32Array;
  readonly faulty: readonly number[];
  readonly keptRows?: readonly Uint8Array[];
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

/** Numbers that one head gives for a row of `length` tokens. */
export function rowSize(head: Head, length: number): number {
  switch (head.type) {
    case "vector":
      return head.dimensions;
    case "tokens":
      return (length - head.skip) * head.dimensions;
    case "token-ids":
      return length - head.skip;
    case "sparse":
      return 2 * length;
    case "best-matches":
      return 2 * head.queryIds.length;
    case "kept-rows":
      return 0;
    case "kept-matches":
      return head.documents.length * 2 * (length - 1);
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

/** Inputs that a piece of work is about: rows, or texts. */
export function inputsOf(work: Work): number {
  if (work.type === "encode") return work.texts.length;
  return work.type === "run" ? work.rows.lengths.length : 1;
}

/** UTF-8 bytes of a text to a token, about: English has four and a half, Chinese three to four. */
const BYTES_PER_TOKEN = 4;

/** Tokens of a piece of work; those of texts that nobody has read yet are estimated from their bytes. */
export function tokensOf(work: Work): number {
  if (work.type === "run") return work.rows.ids.length;
  if (work.type === "decode") return work.ids.length;
  const texts = work.type === "encode" ? work.texts : [work.text];
  return texts.reduce((sum, text) => sum + 1 + Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN), 0);
}

/**
 * These numbers as the `Float32Array` of this realm, over the same buffer: in a test runner's context (Jest, Vitest's vmThreads)
 * `instanceof` says no to what Node itself makes, such as the arrays in a worker's message.
 */
export function ownFloats(values: Float32Array): Float32Array {
  if (values instanceof Float32Array) return values;
  const { buffer, byteOffset, length } = values as Float32Array;
  return new Float32Array(buffer, byteOffset, length);
}
