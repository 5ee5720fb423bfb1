import type { DeviceOption } from "../load/device.js";
import type { BgeError } from "./errors.js";
import type { DownloadProgress } from "../hub/download.js";
import type { Dtype, EmbeddingSpec, ModelSpec, OpenSource } from "./model.js";

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

/**
 * What a reranker's score is: a cross-encoder's raw logit or its sigmoid, the cosine of late interaction, or the weighted mean
 * of bge-m3's three scores (a cosine, a lexical score of 0 or more, a cosine). `"fused"`: a number that is comparable with those
 * of the same call alone.
 */
export type Scale = "logit" | "sigmoid" | "cosine" | "hybrid" | "fused";

/** What an embedding model can give for a text: one vector, lexical weights, a vector a token. */
export type EmbeddingOutput = "dense" | "sparse" | "multiVector";

/** A question and its answer, shown to a model that learns its task from examples (bge-en-icl). */
export interface FewShotExample {
  /** @default the query instruction in use */
  readonly instruction?: string;
  readonly query: string;
  readonly response: string;
}

/** How much each of bge-m3's scores counts. */
export interface HybridWeights {
  readonly dense: number;
  readonly sparse: number;
  readonly multiVector: number;
}

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
   * Which of the model's named tasks its texts are for: llm-embedder, bge-code-v1 and other models with instructions by task
   * need it, or a `queryInstruction`. @default none, which is an error for such a model
   */
  readonly task?: string;
  /** Shown before each query; for models that take them (bge-en-icl). @default none */
  readonly examples?: readonly FewShotExample[];
  /** Outputs that the model must have: without them it fails at load. For embedders. @default ["dense"] */
  readonly outputs?: readonly EmbeddingOutput[];
  /** The layer after which a layerwise reranker stops; each is a graph of its own. @default the last */
  readonly cutoffLayer?: number;
  /** For rerankers with bge-m3's three scores. @default 1 each, as the reference's `compute_score` */
  readonly weights?: HybridWeights;
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
  /**
   * What the model runs on. A device that is named and cannot be had is `UNSUPPORTED_PLATFORM`, which says why. `"auto"` tries
   * the devices that this platform may have, in a process apart, and ends on the processor if need be (`source.deviceReason` says why);
   * int8 files it leaves to the processor. Numbers of another device differ in their last digits. @default "cpu"
   */
  readonly device?: DeviceOption;
  /**
   * `false`: canaries are not compared. A model folder may carry a few texts with their fp32 vectors, or pairs with their fp32 logits
   * (`canaries.json`); they are run once a process at the first load, because int8 arithmetic differs between processors. Under
   * cosine 0.995 a process warning (code `BGE_CANARY`), under 0.98 `UNSUPPORTED_PLATFORM`. @default true
   */
  readonly canaries?: boolean;
  /**
   * What a cross-encoder's scores are. `"fused"`, for bge-js/reranker-small-en: late interaction with bge-small-en-v1.5 reads all
   * documents, the cross-encoder the best 30, and the z-scores of both are added; a better order, in which a score says nothing
   * outside its call. Both models are loaded, with the same options. Late interaction is a cosine in any case; embedders have no
   * scores. @default "logit"; "fused" where no model is named
   */
  readonly scale?: "logit" | "sigmoid" | "fused";
  /**
   * Branch, tag, or commit of 40 hex digits, which pins. With it, an installed model package, which has no revisions, is
   * passed over. @default a model package, else "main"
   */
  readonly revision?: string;
  /** `false`: never use the network, as `HF_HUB_OFFLINE=1` in the environment. @default true */
  readonly download?: boolean;
  /** Called as files come, if the model has to be downloaded. */
  readonly onDownload?: (progress: DownloadProgress) => void;
  /** Address of a hub or a mirror of it. @default `HF_ENDPOINT`, else https://huggingface.co */
  readonly endpoint?: string;
  /** Ends the loading with `signal.reason`; what was downloaded is kept. Says nothing about calls later on. */
  readonly signal?: AbortSignal;
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
  /** With it the stream is one of records, as `embed` gives them. @default vectors */
  readonly outputs?: readonly EmbeddingOutput[];
}

export interface EmbedOptions<Output extends EmbeddingOutput = EmbeddingOutput> extends EmbedDocumentsOptions {
  readonly inputType: InputType;
  /** All from one pass of the model. @default ["dense"] */
  readonly outputs?: readonly Output[];
}

/** Lexical weights by token id, ids ascending: the form that Qdrant takes. Weights are over 0 and not normalised. */
export interface SparseVector {
  readonly indices: number[];
  readonly values: number[];
}

/** One entry of a sparse vector, readable. */
export interface LexicalWeight {
  readonly id: number;
  /** The token as text: a word, or a piece of one. */
  readonly token: string;
  readonly weight: number;
}

/** What was asked for of one text; the rest is not there. */
export interface TextEmbedding {
  readonly dense?: Float32Array;
  readonly sparse?: SparseVector;
  /** One row a token, `</s>` with them, `<s>` not. */
  readonly multiVector?: TokenVectors;
}

/** One L2-normalised row a token: row `r` is `data[r * dimensions, (r + 1) * dimensions)`. */
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
  readonly source: OpenSource;
  /** Width of the vectors, after any cut. */
  readonly dimensions: number;
  /** Longest input that is read whole, special tokens included. */
  readonly maxTokens: number;
  /** One query, its instruction put before it once. Goes ahead of queued documents. */
  embedQuery(text: string, options?: CallOptions): Promise<Float32Array>;
  /** One vector a text, in input order; `[]` for `[]`. A failure carries what was finished in `completed`. */
  embedDocuments(texts: readonly string[], options?: EmbedDocumentsOptions): Promise<Float32Array[]>;
  /** Vectors in input order, in constant memory: texts are drawn only as fast as they are embedded. */
  embedStream<Output extends EmbeddingOutput>(
    texts: Iterable<string> | AsyncIterable<string>,
    options: EmbedStreamOptions & { onError: "skip"; outputs: readonly Output[] },
  ): AsyncGenerator<Required<Pick<TextEmbedding, Output>> | undefined, void, undefined>;
  embedStream<Output extends EmbeddingOutput>(
    texts: Iterable<string> | AsyncIterable<string>,
    options: EmbedStreamOptions & { onError?: "throw"; outputs: readonly Output[] },
  ): AsyncGenerator<Required<Pick<TextEmbedding, Output>>, void, undefined>;
  embedStream(
    texts: Iterable<string> | AsyncIterable<string>,
    options: EmbedStreamOptions & { onError: "skip"; outputs?: undefined },
  ): AsyncGenerator<Float32Array | undefined, void, undefined>;
  embedStream(
    texts: Iterable<string> | AsyncIterable<string>,
    options?: EmbedStreamOptions & { onError?: "throw"; outputs?: undefined },
  ): AsyncGenerator<Float32Array, void, undefined>;
  embedStream(
    texts: Iterable<string> | AsyncIterable<string>,
    options: EmbedStreamOptions,
  ): AsyncGenerator<Float32Array | TextEmbedding | undefined, void, undefined>;
  /**
   * One record a text, in input order, with the outputs asked for and no others; `[]` for `[]`. An output that the model has not
   * is `MODEL_MISMATCH`.
   */
  embed<Output extends EmbeddingOutput = "dense">(
    texts: readonly string[],
    options: EmbedOptions<Output>,
  ): Promise<Required<Pick<TextEmbedding, Output>>[]>;
  /** A sparse vector's entries with their tokens as text, in its order. */
  lexicalWeights(sparse: SparseVector, options?: CallOptions): Promise<LexicalWeight[]>;
  /**
   * The token vectors of each text, for late interaction: the model's multi-vectors where it has them, else the last hidden
   * state of every token, special tokens included.
   */
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
 * A reranker, loaded: a cross-encoder, late interaction over an embedding model's token vectors, or bge-m3's dense, sparse and
 * multi-vector scores together. Rejects as `Embedder` does; a document's score does not depend on the others, unless `scale` is
 * `"fused"`: then an error carries no `completed`.
 */
export interface Reranker extends AsyncDisposable {
  readonly kind: "cross-encoder" | "late-interaction" | "hybrid" | "fused";
  /** Of two models that are fused: the cross-encoder, as `source` and `maxTokens`. */
  readonly spec: ModelSpec;
  readonly source: OpenSource;
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
