import type { CallOptions, EmbedDocumentsOptions, Embedder } from "@bge-js/core";
import {
  type AdapterFields,
  type AdapterModel,
  adapterFields,
  callOptions,
  embedderHandle,
  type ModelHandle,
} from "@bge-js/core/adapter";
import { Embeddings } from "@langchain/core/embeddings";
import { cacheNamespace } from "./cache-namespace.js";

/** A model and the load options of `@bge-js/core`. `model` may be a loaded `Embedder`, without load options. */
export interface BgeEmbeddingsFields extends AdapterFields<Embedder> {}

/**
 * BGE embeddings for LangChain.js.
 *
 * The first call loads the model, once for all callers; if loading fails, the next call tries again. LangChain's own
 * retries are off, because what fails locally would fail again. Every method rejects with a `BgeError` of
 * `@bge-js/core`.
 *
 * @example
 * ```ts
 * new BgeEmbeddings(); // the embedded model
 * new BgeEmbeddings("BAAI/bge-small-en-v1.5"); // an id, or a folder: "./my-model"
 * new BgeEmbeddings({ directory: "./my-model", pooling: "cls" }); // as exported by a model package
 * new BgeEmbeddings({ model: "BAAI/bge-small-en-v1.5", dtype: "fp32", workers: 1 });
 * new BgeEmbeddings(embedder); // shares a loaded Embedder
 * ```
 */
export class BgeEmbeddings extends Embeddings implements AsyncDisposable {
  // Not #private, because tracers call methods on a Proxy; and behind functions, so that options are not printed.
  private readonly embedder: ModelHandle<Embedder>;
  private readonly nameCache: () => string;
  private readonly signal: AbortSignal | undefined;

  /**
   * Loads nothing yet.
   *
   * @throws BgeError `INVALID_OPTION` for a loaded model that is not an embedder, or that is combined with load options
   */
  constructor(input: AdapterModel<Embedder> | BgeEmbeddingsFields = {}) {
    super({ maxRetries: 0 });
    const { model, signal, ...options } = adapterFields<Embedder, BgeEmbeddingsFields>(input);
    this.embedder = embedderHandle("BgeEmbeddings", model, options);
    this.nameCache = () => cacheNamespace(model, options);
    this.signal = signal;
  }

  /**
   * Embeds documents. Returns one normalised vector of the model's `dimensions` numbers per text, in input order; `[]`
   * for `[]`. Documents get the model's document instruction, if it has one, but not its query instruction.
   */
  override async embedDocuments(texts: readonly string[], options: EmbedDocumentsOptions = {}): Promise<number[][]> {
    const call = callOptions(this.signal, options.signal);
    // The caller may use the list for something else while the model loads.
    const given = Array.isArray(texts) ? texts.slice() : texts;
    const embedder = await this.embedder.get(call.signal);
    const vectors = await embedder.embedDocuments(given, { ...options, ...call });
    // Vector stores send JSON, in which a Float32Array would become an object.
    return vectors.map((vector) => Array.from(vector));
  }

  /**
   * Embeds a query, with the model's query instruction. Returns a normalised vector of the model's `dimensions`
   * numbers.
   */
  override async embedQuery(text: string, options: CallOptions = {}): Promise<number[]> {
    const call = callOptions(this.signal, options.signal);
    const embedder = await this.embedder.get(call.signal);
    return Array.from(await embedder.embedQuery(text, call));
  }

  /**
   * The `namespace` for `CacheBackedEmbeddings.fromBytesStore`. It is the same in every process, and changes with
   * everything that affects a vector (weights, precision, pooling, instruction, dimensions, maximum input length). All
   * its characters are valid in file names, as `LocalFileStore` requires. Looks the model up without loading it.
   *
   * @throws BgeError `MODEL_NOT_FOUND` if the model is not installed
   */
  get cacheNamespace(): string {
    return this.nameCache();
  }

  /** Frees the model if this instance loaded it, but never a shared one. Later calls reject with `DISPOSED`. */
  dispose(): Promise<void> {
    return this.embedder.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
