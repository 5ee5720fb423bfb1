import type { EmbeddingOutput, LexicalWeight, SparseVector, TextEmbedding, TokenVectors } from "./embedding.js";
import type { BgeError } from "./errors.js";
import type { EmbeddingSpec, OpenSource } from "./model.js";
import type { CallOptions, InputType } from "./options.js";

export interface EmbedDocumentsOptions extends CallOptions {
  /**
   * Called as texts are finished, on the caller's thread. What it throws ends the call, which rejects with it. A promise that it gives
   * is not waited for; if it rejects, that is a process warning (code `BGE_CALLBACK`), once for each callback. All callbacks are called so.
   */
  readonly onProgress?: (progress: { readonly completed: number; readonly total: number }) => void;
}

export interface EmbedStreamOptions extends CallOptions {
  /** @default "document" */
  readonly inputType?: InputType;
  /** `"skip"` yields `undefined` in the place of a text that failed, and goes on. @default "throw" */
  readonly onError?: "throw" | "skip";
  /** Told of each text that was skipped, as `onProgress`; the error names its index. */
  readonly onSkip?: (error: BgeError) => void;
  /** With it the stream is one of records, as `embed` gives them. @default vectors */
  readonly outputs?: readonly EmbeddingOutput[];
}

export interface EmbedOptions<Output extends EmbeddingOutput = EmbeddingOutput> extends EmbedDocumentsOptions {
  readonly inputType: InputType;
  /** All from one pass of the model. @default ["dense"] */
  readonly outputs?: readonly Output[];
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
