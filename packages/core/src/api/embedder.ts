import type { LexicalWeight, RecordOutput, SparseVector, TextEmbedding, TokenVectors } from "./embedding.js";
import type { BgeError } from "./errors.js";
import type { EmbeddingSpec, OpenSource, ServedSource } from "./model.js";
import type { CallOptions, InputType } from "./options.js";
import type { QuantizationRanges } from "./quantization.js";

export interface EmbedDocumentsOptions extends CallOptions {
  /**
   * Called on the caller's thread as texts are finished. If it throws, the call rejects with that error. A promise it returns is not
   * awaited; if it rejects, that is a process warning (code `BGE_CALLBACK`), once per callback. This holds for all callbacks.
   * @default none
   */
  readonly onProgress?: (progress: { readonly completed: number; readonly total: number }) => void;
}

export interface EmbedStreamOptions extends CallOptions {
  /** @default "document" */
  readonly inputType?: InputType;
  /** `"skip"` yields `undefined` in place of a failed text and goes on. @default "throw" */
  readonly onError?: "throw" | "skip";
  /** Called for each skipped text, like `onProgress`; the error names its index. @default none */
  readonly onSkip?: (error: BgeError) => void;
  /** As the load option, for this stream. A model behind a server has no workers to lose. @default the load option's */
  readonly retryLost?: boolean;
  /** If given, the stream yields records, like `embed`. @default none: dense vectors */
  readonly outputs?: readonly RecordOutput[];
  /** As in `embed`. */
  readonly ranges?: QuantizationRanges;
}

export interface EmbedOptions<Output extends RecordOutput = RecordOutput> extends EmbedDocumentsOptions {
  /** Queries get the query instruction, documents the document instruction. */
  readonly inputType: InputType;
  /** All come from one pass of the model. @default ["dense"] */
  readonly outputs?: readonly Output[];
  /** Of `calibrateRanges`, for the outputs `int8` and `uint8`, which need them. @default none */
  readonly ranges?: QuantizationRanges;
}

/**
 * A loaded embedding model. Nothing heavy runs on the caller's thread. All vectors are L2-normalised, so a dot product is the
 * cosine. The same text always gets the same vector, alone or in any list.
 *
 * Every method rejects with a `BgeError`: `INVALID_INPUT` (before anything runs, naming every bad index), `INVALID_OPTION`,
 * `INPUT_TOO_LONG`, `INFERENCE_FAILED`, `WORKER_LOST`, `OVERLOADED`, `DEADLINE_EXCEEDED` or `DISPOSED`; or with `signal.reason`.
 */
export interface Embedder extends AsyncDisposable {
  /** The facts in use: those of the model table or the files, overridden by the options. */
  readonly spec: EmbeddingSpec;
  readonly source: OpenSource | ServedSource;
  /** Length of the dense vectors, after any cut. */
  readonly dimensions: number;
  /** Longest input in tokens that is not cut, special tokens included. */
  readonly maxTokens: number;
  /**
   * Embeds one query, with the query instruction put before it once, ahead of queued documents. Resolves to a vector of length
   * `dimensions`.
   */
  embedQuery(text: string, options?: CallOptions): Promise<Float32Array>;
  /**
   * Embeds documents. Resolves to one vector of length `dimensions` per text, in input order; `[]` for `[]`. On failure, the error
   * carries the finished vectors in `completed`.
   */
  embedDocuments(texts: readonly string[], options?: EmbedDocumentsOptions): Promise<Float32Array[]>;
  /**
   * Embeds texts in constant memory: texts are drawn only as fast as they are embedded. Yields one vector of length `dimensions`
   * per text, in input order, or one record per text if `outputs` is given.
   */
  embedStream<Output extends RecordOutput>(
    texts: Iterable<string> | AsyncIterable<string>,
    options: EmbedStreamOptions & { onError: "skip"; outputs: readonly Output[] },
  ): AsyncGenerator<Required<Pick<TextEmbedding, Output>> | undefined, void, undefined>;
  embedStream<Output extends RecordOutput>(
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
   * Embeds texts with several outputs. Resolves to one record per text, in input order, with exactly the outputs requested; `[]` for
   * `[]`. An output the model does not have is `MODEL_MISMATCH`, and so is `tokenCount` of a model behind a server.
   */
  embed<Output extends RecordOutput = "dense">(
    texts: readonly string[],
    options: EmbedOptions<Output>,
  ): Promise<Required<Pick<TextEmbedding, Output>>[]>;
  /** Resolves to a sparse vector's entries, in its order, with their tokens as text. `INVALID_INPUT` for ids that the model does not have. */
  lexicalWeights(sparse: SparseVector, options?: CallOptions): Promise<LexicalWeight[]>;
  /**
   * Resolves to the token vectors of each text, for late interaction, in input order: the model's multi-vectors if it has them,
   * else the last hidden state of every token, special tokens included. Each has shape `[rows, dimensions]`.
   */
  embedTokens(
    texts: readonly string[],
    options: CallOptions & { readonly inputType: InputType },
  ): Promise<TokenVectors[]>;
  /**
   * Counts tokens before any cut, special tokens and the instruction of `inputType` included. Resolves to one count, or one per
   * text in input order.
   */
  countTokens(text: string, options?: CallOptions & { readonly inputType?: InputType }): Promise<number>;
  countTokens(texts: readonly string[], options?: CallOptions & { readonly inputType?: InputType }): Promise<number[]>;
  /**
   * Rejects pending calls with `DISPOSED` at once, and resolves when the workers have ended and their memory is free, after any run
   * in progress. Workers shared with other loads of the same files go on. Safe to call more than once.
   */
  dispose(): Promise<void>;
}
