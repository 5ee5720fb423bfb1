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

/** A model and the load options of `@bge-js/core`; `model` may be a loaded `Embedder`, then without load options. */
export interface BgeEmbeddingsFields extends AdapterFields<Embedder> {}

/**
 * BGE embeddings for LangChain.js.
 *
 * The model is loaded by the first call, once for all callers; a failed load is tried again by the next call. Nothing is
 * retried by LangChain, because what fails locally fails again. Every method rejects with a `BgeError` of `@bge-js/core`.
 *
 * ```ts
 * new BgeEmbeddings(); // the embedded model
 * new BgeEmbeddings("BAAI/bge-small-en-v1.5"); // an id, or a folder: "./my-model"
 * new BgeEmbeddings({ directory: "./my-model", pooling: "cls" }); // what a model package exports has this form too
 * new BgeEmbeddings({ model: "BAAI/bge-small-en-v1.5", dtype: "fp32", workers: 1 });
 * new BgeEmbeddings(embedder); // shares a loaded Embedder
 * ```
 */
export class BgeEmbeddings extends Embeddings implements AsyncDisposable {
  // Not #private: tracers call methods on a Proxy. And behind functions, so that no option is printed.
  private readonly embedder: ModelHandle<Embedder>;
  private readonly nameCache: () => string;
  private readonly signal: AbortSignal | undefined;

  /** Loads nothing. Throws `INVALID_OPTION` for a loaded model that is not an embedder, or that comes with load options. */
  constructor(input: AdapterModel<Embedder> | BgeEmbeddingsFields = {}) {
    super({ maxRetries: 0 });
    const { model, signal, ...options } = adapterFields<Embedder, BgeEmbeddingsFields>(input);
    this.embedder = embedderHandle("BgeEmbeddings", model, options);
    this.nameCache = () => cacheNamespace(model, options);
    this.signal = signal;
  }

  /** One vector a text, in input order; `[]` for `[]`. No instruction is put before a document. */
  override async embedDocuments(texts: readonly string[], options: EmbedDocumentsOptions = {}): Promise<number[][]> {
    const embedder = await this.embedder.get();
    const vectors = await embedder.embedDocuments(texts, { ...options, ...callOptions(this.signal, options.signal) });
    // Vector stores send JSON, where a Float32Array would become an object.
    return vectors.map((vector) => Array.from(vector));
  }

  /** The query's vector; the model's query instruction is put before it here and nowhere else. */
  override async embedQuery(text: string, options: CallOptions = {}): Promise<number[]> {
    const embedder = await this.embedder.get();
    return Array.from(await embedder.embedQuery(text, callOptions(this.signal, options.signal)));
  }

  /**
   * For `CacheBackedEmbeddings.fromBytesStore(embeddings, store, { namespace: embeddings.cacheNamespace })`: it is the same
   * in every process, and changes with whatever changes a vector (weights, precision, pooling, instruction, dimensions,
   * longest input). It has only characters that a file's name may have, as `LocalFileStore` wants. Looks the model up
   * without loading it; throws `MODEL_NOT_FOUND` where there is none.
   */
  get cacheNamespace(): string {
    return this.nameCache();
  }

  /** Frees the model if it was loaded here, never a shared one; later calls reject with `DISPOSED`. */
  dispose(): Promise<void> {
    return this.embedder.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
