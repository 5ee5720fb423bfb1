import type { BgeError } from "./errors.js";
import type { Dtype, EmbeddingSpec, ModelSource, ModelSpec } from "./spec.js";

/** Which side of retrieval a text is on: a query carries the query instruction. */
export type InputType = "query" | "document";

/** A text that was cut. Its vector is that of the first `kept` tokens, special tokens included. */
export interface TruncationReport {
  /** Position in the caller's list; 0 for a query. */
  readonly index: number;
  readonly inputType: InputType;
  /** Tokens of the whole input, special tokens included. */
  readonly tokens: number;
  readonly kept: number;
}

/** What a reranker's score is: a cross-encoder's raw logit or its sigmoid, or the cosine of late interaction. */
export type Scale = "logit" | "sigmoid" | "cosine";

/** The options of both loaders; one that does not apply to the model, or is not known, is an `INVALID_OPTION` error. */
export interface LoadOptions {
  /** Precision; `"q8"` is another spelling of `"int8"`. @default what a model package carries, else "fp32" */
  readonly dtype?: Dtype | "q8";
  /** Longest input in tokens, special tokens included; longer ones are cut on the right. @default the model's (512) */
  readonly maxTokens?: number;
  /** Vectors are cut to this width, then normalised. Not for cross-encoders. @default the model's */
  readonly dimensions?: number;
  /** Put before each query; `false` for none. Not for cross-encoders. @default the model's (late interaction: none) */
  readonly queryInstruction?: string | false;
  /**
   * What happens to an input over `maxTokens`: `"error"` rejects with `INPUT_TOO_LONG` before anything runs; `"warn"`
   * cuts, and emits one process warning a model (code `BGE_TRUNCATED`); `"silent"` cuts. @default "warn"
   */
  readonly truncation?: "error" | "warn" | "silent";
  /** Called for every input that was cut, whatever `truncation` says. */
  readonly onTruncate?: (report: TruncationReport) => void;
  /** Processor threads in all, shared out over the workers. @default what the container really has */
  readonly threads?: number;
  /** Worker threads; each holds its own copy of the weights. @default by `threads` and the size of the model */
  readonly workers?: number;
  /**
   * Where workers live. A native abort or an operator's `kill -9` ends a process alone, a thread with all of this process;
   * threads start sooner, share the runtime's code and move results without a copy. Inside a worker thread of yours the default
   * is `"process"`: terminating such a thread would abort this process while native code runs in a thread below it.
   * @default "thread"
   */
  readonly isolation?: "thread" | "process";
  /**
   * A batch whose worker dies (`WORKER_LOST`) is done again, input by input; an input over which two workers have died when it
   * was alone is named and not tried again. @default false: the batch fails
   */
  readonly retryLost?: boolean;
  /**
   * While at least so many tokens wait for a worker, a call is refused with `OVERLOADED`; queries are counted against waiting
   * queries alone. A call that was let in is carried through, whatever its size: it sends two windows of 256 texts ahead, and
   * keeps the rest to itself. Texts count one token per four bytes of UTF-8 until they have been read. @default 1,048,576
   */
  readonly maxQueuedTokens?: number;
  /** What a cross-encoder's scores are. Late interaction is a cosine in any case; embedders have no scores. @default "logit" */
  readonly scale?: "logit" | "sigmoid";
}

export interface CallOptions {
  /** Drops what is still queued and rejects with `signal.reason`; a run that has begun ends by itself, unseen. */
  readonly signal?: AbortSignal;
  /**
   * Milliseconds from the call's start to its end at the latest: then what is queued is dropped, and the call rejects with
   * `DEADLINE_EXCEEDED`, which carries what was finished in `completed`; a run that has begun ends by itself, unseen. For a
   * stream: to the last vector that is drawn. 0 and less has passed already. @default none
   */
  readonly deadlineMs?: number;
}

export interface EmbedDocumentsOptions extends CallOptions {
  /** Called as texts are finished, on the caller's thread. */
  readonly onProgress?: (progress: { readonly completed: number; readonly total: number }) => void;
}

export interface EmbedStreamOptions extends CallOptions {
  /** @default "document" */
  readonly inputType?: InputType;
  /** `"skip"` yields `undefined` in the place of a text that failed, and goes on. @default "throw" */
  readonly onError?: "throw" | "skip";
  /** Told of each text that was skipped; the error names its index. */
  readonly onSkip?: (error: BgeError) => void;
}

/** One L2-normalised row a token, special tokens included: row `r` is `data[r * dimensions, (r + 1) * dimensions)`. */
export interface TokenVectors {
  readonly data: Float32Array;
  readonly rows: number;
  readonly dimensions: number;
}

/**
 * An embedding model, loaded. Nothing heavy runs on the caller's thread. All vectors are L2-normalised, so that a dot
 * product is the cosine. The same text gives the same vector, alone or in any list.
 *
 * Every method rejects with a `BgeError`: `INVALID_INPUT` (all bad indices named, before anything runs), `INPUT_TOO_LONG`,
 * `INFERENCE_FAILED`, `WORKER_LOST`, `OVERLOADED`, `DEADLINE_EXCEEDED`, `DISPOSED`; or with `signal.reason`.
 */
export interface Embedder extends AsyncDisposable {
  /** The facts in use: what the table or the files say, and the options over them. */
  readonly spec: EmbeddingSpec;
  readonly source: ModelSource;
  /** Width of the vectors, after any cut. */
  readonly dimensions: number;
  /** Longest input that is read whole, special tokens included. */
  readonly maxTokens: number;
  /** One query, its instruction put before it once. Goes ahead of queued documents. */
  embedQuery(text: string, options?: CallOptions): Promise<Float32Array>;
  /** One vector a text, in input order; `[]` for `[]`. A failure carries what was finished in `completed`. */
  embedDocuments(texts: readonly string[], options?: EmbedDocumentsOptions): Promise<Float32Array[]>;
  /** Vectors in input order, in constant memory: texts are drawn only as fast as they are embedded. */
  embedStream(
    texts: Iterable<string> | AsyncIterable<string>,
    options: EmbedStreamOptions & { onError: "skip" },
  ): AsyncGenerator<Float32Array | undefined, void, undefined>;
  embedStream(
    texts: Iterable<string> | AsyncIterable<string>,
    options?: EmbedStreamOptions & { onError?: "throw" },
  ): AsyncGenerator<Float32Array, void, undefined>;
  embedStream(
    texts: Iterable<string> | AsyncIterable<string>,
    options: EmbedStreamOptions,
  ): AsyncGenerator<Float32Array | undefined, void, undefined>;
  /** The token vectors of each text, for late interaction. */
  embedTokens(
    texts: readonly string[],
    options: CallOptions & { readonly inputType: InputType },
  ): Promise<TokenVectors[]>;
  /** Tokens before any cut, special tokens included, and the query instruction for `inputType: "query"`. */
  countTokens(text: string, options?: CallOptions & { readonly inputType?: InputType }): Promise<number>;
  countTokens(texts: readonly string[], options?: CallOptions & { readonly inputType?: InputType }): Promise<number[]>;
  /**
   * Rejects what is still under way with `DISPOSED`, at once, and resolves when the workers have ended and their memory is
   * free; a run that has begun is waited for. Workers that other loads of the same files share go on. May be called again.
   */
  dispose(): Promise<void>;
}

export interface RerankOptions extends CallOptions {
  /** At most this many results. @default all */
  readonly topN?: number;
  /** Only results scored at least this, in the reranker's own `scale`. @default none */
  readonly threshold?: number;
}

export interface RankedDocument {
  /** Position in the caller's list. */
  readonly index: number;
  readonly score: number;
}

/**
 * A reranker, loaded: a cross-encoder, or late interaction over an embedding model's token vectors. Rejects as `Embedder` does;
 * a document's score does not depend on the others.
 */
export interface Reranker extends AsyncDisposable {
  readonly kind: "cross-encoder" | "late-interaction";
  readonly spec: ModelSpec;
  readonly source: ModelSource;
  /** What a score is, and so what a `threshold` means. */
  readonly scale: Scale;
  /** Longest input that is read whole (cross-encoder: query and document together), special tokens included. */
  readonly maxTokens: number;
  /** One score a document, in input order; `[]` for `[]`. */
  score(query: string, documents: readonly string[], options?: CallOptions): Promise<number[]>;
  /** Best first; equal scores stay in input order. */
  rerank(query: string, documents: readonly string[], options?: RerankOptions): Promise<RankedDocument[]>;
  /** As `Embedder.dispose`. */
  dispose(): Promise<void>;
}
