/**
 * The messages between a thread or process and its workers. They are plain data, so that they can be sent to either.
 */

import type { ImageLimits, ImageSettings, VisionSettings } from "./api/image-settings.js";
import type { Architecture, Device, EmbeddingSpec, Padding, RerankerPrompt } from "./api/model.js";
import type { InputType } from "./api/options.js";
import type { WindowMatches } from "./rows/score.js";

/** The data a worker starts with. */
export interface WorkerStart {
  readonly file: string;
  readonly optimized: boolean;
  /** The tokenizer's folder. */
  readonly directory: string;
  readonly architecture: Architecture;
  readonly padding: Padding;
  /** Lowercase texts before the tokenizer's own steps. */
  readonly lowerCase?: boolean;
  /** Set for a graph that reads pictures: how they are prepared. Such a worker has no tokenizer. */
  readonly images?: ImageSettings & ImageLimits;
  /** Set for a vision language model, which is opened beside the graph for what it sees. */
  readonly vision?: VisionStart;
  /** The text around query and document, for LLM rerankers. */
  readonly prompt?: RerankerPrompt;
  /** Names of the graph outputs that may be read. */
  readonly reads: readonly string[];
  readonly device: Device;
  readonly threads: number;
  /** Threads for work sent as `lone`. */
  readonly loneThreads: number;
}

/** The second graph of a vision language model, and how pictures are prepared for it. */
export interface VisionStart {
  readonly file: string;
  readonly settings: VisionSettings;
  readonly limits: ImageLimits;
  readonly imageToken: string;
  readonly stretch?: number;
}

/** Two words shared between a native-code thread and its parent: whether it is in a native call, and whether it may enter one. */
export type Gate = Int32Array<SharedArrayBuffer>;

/** The data a native-code thread starts with, in addition to its own. */
export interface NativeThreadData {
  /** The gate for its native calls. */
  readonly gate: Gate;
}

export interface WorkerData extends WorkerStart, NativeThreadData {}

/** The graph inputs a worker can provide. */
export const KNOWN_INPUTS = ["input_ids", "attention_mask", "token_type_ids", "output_length"];

/** The inputs of a language model that also reads the features of pictures, and for each token the feature it takes (0: none). */
export const LANGUAGE_INPUTS = ["input_ids", "image_features", "image_rows"];

/** A further input of those that count the rows and columns of a picture: [3, batch, tokens]. */
export const GRID_INPUT = "position_ids";

/** The input of a graph that reads pictures. */
export const IMAGE_INPUT = "pixel_values";

/** What the files contain, reported when a worker is ready. */
export interface ModelInfo {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Token count of a very short text, and the shape of each readable output for it: `[1, tokens, width]`, `[1, width]`, ... */
  readonly probe: { readonly tokens: number; readonly shapes: Readonly<Record<string, readonly number[]>> };
  readonly frame: FrameSize;
}

/** Number of special tokens around texts. */
export interface FrameSize {
  /** Around one text. */
  readonly single: number;
  /** Before, between and after the texts of a pair, where they count towards the limit. */
  readonly pair: number;
  /** After a pair, not counted towards the limit: an LLM reranker's separator and prompt. */
  readonly tail: number;
}

/** Token ids of several inputs, concatenated. */
export interface TokenRows {
  readonly ids: Int32Array;
  readonly lengths: Int32Array;
  /** Where the second text of each pair begins; 0 in rows with one text. */
  readonly seconds: Int32Array;
}

/** How texts are turned into rows. */
export type Encoding =
  /**
   * `[CLS] text [SEP]`, cut to `maxTokens`. `inWindows`: what is cut off is read by itself, so that it is not lost. `inputType`: for
   * a server that puts the instruction before a query itself.
   */
  | { readonly form: "single"; readonly maxTokens: number; readonly inWindows?: true; readonly inputType?: InputType }
  /**
   * The text is cut to `maxTokens` on its own, decoded, put between `prefix` and `suffix`, and encoded again, as FlagICLModel
   * does with queries. `prefix` and `suffix` are not cut.
   */
  | { readonly form: "few-shot"; readonly maxTokens: number; readonly prefix: string; readonly suffix: string }
  /** The text between `before` and `after`, which are not cut. The text is, until all of it has at most `maxTokens`. */
  | { readonly form: "prompt"; readonly maxTokens: number; readonly before: string; readonly after: string }
  /** The text without special tokens, cut to `maxTokens`: the query of later pairs. */
  | { readonly form: "bare"; readonly maxTokens: number }
  /** `[CLS] query [SEP] text [SEP]`, or the architecture's equivalent. Only the text is cut, at its end. */
  | { readonly form: "pair"; readonly maxTokens: number; readonly query: Int32Array }
  /** Only the token count, special tokens included. */
  | { readonly form: "count" };

/**
 * What the worker computes from one model output, so that only finished numbers are sent back. A run may have several heads; a
 * row's numbers are then concatenated in their order.
 */
export type Head = { readonly output: string } & (
  | { readonly type: "vector"; readonly pooling: EmbeddingSpec["pooling"]; readonly dimensions: number }
  /** The vector as it is in the output, `[batch, dimensions]`: to be added to another before it is normalised. */
  | { readonly type: "projection"; readonly dimensions: number }
  /** `skip`: how many tokens are left out at the start. */
  | { readonly type: "tokens"; readonly dimensions: number; readonly skip: number }
  /** The ids of the tokens whose rows `tokens` returns, exact in float32 (below 2 ** 24). */
  | { readonly type: "token-ids"; readonly skip: number }
  /** Each token's id and weight, both 0 for tokens that do not count. Ids are exact in float32 (below 2 ** 24). */
  | { readonly type: "sparse" }
  /** `query`: its token rows. The first row ([CLS]) of each document is left out. */
  | { readonly type: "max-sim"; readonly dimensions: number; readonly query: Float32Array }
  /** No numbers, but the rows of `tokens` with `skip` 1, compressed by `compressRows`. */
  | { readonly type: "kept-rows"; readonly dimensions: number }
  | {
      readonly type: "dot";
      readonly pooling: EmbeddingSpec["pooling"];
      readonly dimensions: number;
      readonly query: Float32Array;
    }
  /** `query`: the query's result from the `sparse` head. */
  | { readonly type: "lexical"; readonly query: Float32Array }
  /** `query`: for a server that reads the pair itself. */
  | { readonly type: "logit"; readonly query?: string }
);

export type Work =
  | { readonly type: "encode"; readonly texts: readonly string[]; readonly encoding: Encoding }
  | { readonly type: "run"; readonly rows: TokenRows; readonly heads: readonly Head[] }
  /** Both for one text, which saves a round trip. */
  | {
      readonly type: "encode-and-run";
      readonly text: string;
      readonly encoding: Encoding;
      readonly heads: readonly Head[];
      /** A text that would be cut is not run. */
      readonly whole?: boolean;
    }
  /** One picture, for a worker with `images`. */
  | { readonly type: "image"; readonly image: SentImage; readonly heads: readonly Head[] }
  /** A text in its prompt, and the picture whose place is marked in it, for a worker with `vision`. */
  | {
      readonly type: "prompt";
      readonly text: string;
      readonly encoding: Extract<Encoding, { form: "prompt" }>;
      readonly image?: SentImage;
      readonly heads: readonly Head[];
    }
  /** Each token as text, on its own. */
  | { readonly type: "decode"; readonly ids: Int32Array }
  /** Divides a text of `tokens` tokens, special ones included, into windows of `maxTokens`: see `divide`. */
  | { readonly type: "divide"; readonly text: string; readonly tokens: number; readonly maxTokens: number }
  /** Late interaction of a query, given by its rows and their ids, with texts, given by their windows: see `scoreWindows`. */
  | {
      readonly type: "match";
      readonly rows: Float32Array;
      readonly ids: Int32Array;
      readonly dimensions: number;
      readonly documents: readonly Uint8Array[];
      readonly bonus: number;
    }
  /** The part of each text that a query, given by its rows and their ids, matches best: see `bestPassage`. `documents`: what `compressRows` made of the texts. */
  | {
      readonly type: "passages";
      readonly rows: Float32Array;
      readonly ids: Int32Array;
      readonly weights: readonly number[];
      readonly dimensions: number;
      readonly texts: readonly string[];
      readonly documents: readonly Uint8Array[];
      readonly most: number;
    };

/** A picture: the absolute path of a file, a file's bytes, or samples. The SHA-256, in hex, is what bytes that were read before had. */
export type SentImage =
  | { readonly form: "file"; readonly path: string; readonly sha256?: string }
  | { readonly form: "bytes"; readonly bytes: Uint8Array; readonly sha256?: string }
  | {
      readonly form: "samples";
      readonly data: Uint8Array | Uint8ClampedArray;
      readonly width: number;
      readonly height: number;
      readonly channels: number;
    };

/** Work as sent to a worker. `timed` asks for stage timings; `lone` says that nothing else is running. */
export type SentWork = Work & { readonly timed?: true; readonly lone?: true };

/** Milliseconds spent in a worker's stages: tokenization (of a picture: reading, decoding, resizing), the graph, and postprocessing of its outputs. */
export interface Timing {
  readonly tokenizeMs: number;
  readonly runMs: number;
  readonly postprocessMs: number;
}

/** `totals`: token count of each text before truncation, special tokens included (excluded for `bare`). */
export interface Encoded {
  readonly rows: TokenRows;
  readonly totals: Int32Array;
}

/**
 * `data`: the heads' numbers, row by row. `faulty`: rows with a non-finite number or an all-zero vector. `keptRows`: the
 * `kept-rows` head's results, one for each row; those of faulty rows are empty.
 */
export interface Computed {
  readonly data: Float32Array;
  readonly faulty: readonly number[];
  readonly keptRows?: readonly Uint8Array[];
}

/** `kept`: tokens that the windows hold of the `total`, special ones included. */
export interface Windows {
  readonly ranges: Int32Array;
  readonly kept: number;
  readonly total: number;
}

export type Result<W extends Work> = W extends { type: "encode" }
  ? Encoded
  : W extends { type: "decode" }
    ? readonly string[]
    : W extends { type: "match" }
      ? WindowMatches
      : W extends { type: "passages" }
        ? Int32Array
        : W extends { type: "divide" }
          ? Windows
          : W extends { type: "run" | "image" }
            ? Computed
            : Computed & { readonly kept: number; readonly total: number };

export type FromWorker =
  | { readonly type: "ready"; readonly info: ModelInfo }
  | { readonly type: "cannot-start"; readonly code: string; readonly message: string }
  | { readonly type: "done"; readonly result: Result<Work>; readonly timing?: Timing }
  /** With a code if the input is at fault, not the model, such as kept rows that cannot be read; it belongs to the texts at `indices`. */
  | {
      readonly type: "failed";
      readonly message: string;
      readonly code?: string;
      readonly indices?: readonly number[] | undefined;
      readonly parameter?: string | undefined;
    };

export type ToWorker = SentWork | { readonly type: "close" };

/** How many numbers one head returns for a row of `length` tokens. */
export function rowSize(head: Head, length: number): number {
  switch (head.type) {
    case "vector":
    case "projection":
      return head.dimensions;
    case "tokens":
      return Math.max(0, length - head.skip) * head.dimensions;
    case "token-ids":
      return Math.max(0, length - head.skip);
    case "sparse":
      return 2 * length;
    case "kept-rows":
      return 0;
    default:
      return 1;
  }
}

/** Splits a row's numbers by head. A single head keeps the array. */
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

/** How many numbers all heads return for a row of `length` tokens. */
export function rowsSize(heads: readonly Head[], length: number): number {
  return heads.reduce((sum, head) => sum + rowSize(head, length), 0);
}

/** How many inputs a piece of work has: rows or texts. */
export function inputsOf(work: Work): number {
  if (work.type === "encode") return work.texts.length;
  if (work.type === "match" || work.type === "passages") return work.documents.length;
  return work.type === "run" ? work.rows.lengths.length : 1;
}

/** Approximate UTF-8 bytes per token: 4.5 in English, 3 to 4 in Chinese. */
const BYTES_PER_TOKEN = 4;

/** A picture counts as many tokens as the larger CLIP cuts it into: 16 × 16 patches. */
const IMAGE_TOKENS = 256;

/** Those of most vision language models: LLaVA-NeXT's with the reference's square. */
const PROMPT_IMAGE_TOKENS = 2928;

/** Tokens in a piece of work, estimated from bytes for texts that are not yet tokenized. */
export function tokensOf(work: Work): number {
  if (work.type === "run") return work.rows.ids.length;
  if (work.type === "decode" || work.type === "match" || work.type === "passages") return work.ids.length;
  if (work.type === "image") return IMAGE_TOKENS;
  const texts = work.type === "encode" ? work.texts : [work.text];
  const ofImage = work.type === "prompt" && work.image !== undefined ? PROMPT_IMAGE_TOKENS : 0;
  return texts.reduce((sum, text) => sum + 1 + Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN), ofImage);
}

/**
 * Returns the numbers as this realm's `Float32Array`, over the same buffer. In a test runner's context (Jest, Vitest's vmThreads),
 * `instanceof` is false for arrays that Node itself creates, such as those in a worker's message.
 */
export function ownFloats(values: Float32Array): Float32Array {
  if (values instanceof Float32Array) return values;
  const { buffer, byteOffset, length } = values as Float32Array;
  return new Float32Array(buffer, byteOffset, length);
}
