import type { Embedder } from "@bge-js/core";
import {
  type AdapterFields,
  type AdapterModel,
  adapterFields,
  callOptions,
  checkList,
  embedderHandle,
  type ModelHandle,
} from "@bge-js/core/adapter";
import { BaseEmbedding } from "@llamaindex/core/embeddings";
import type { MessageContentDetail } from "@llamaindex/core/llms";
import { partText } from "./text.js";

/** A model and the load options of `@bge-js/core`; `model` may be a loaded `Embedder`, then without load options. */
export interface BgeEmbeddingFields extends AdapterFields<Embedder> {}

/**
 * BGE embeddings for LlamaIndex.TS, for `Settings.embedModel`.
 *
 * The model is loaded by the first call, once for all callers; a failed load is tried again by the next call. Every method
 * rejects with a `BgeError` of `@bge-js/core`. `embedInfo` is filled in by the load, without a tokenizer: LlamaIndex would
 * cut texts by tiktoken's tokens, where the model has its own.
 *
 * ```ts
 * new BgeEmbedding(); // the embedded model
 * new BgeEmbedding("BAAI/bge-small-en-v1.5"); // an id, or a folder: "./my-model"
 * new BgeEmbedding({ directory: "./my-model", pooling: "cls" }); // what a model package exports has this form too
 * new BgeEmbedding({ model: "BAAI/bge-small-en-v1.5", dtype: "fp32", workers: 1 });
 * new BgeEmbedding(embedder); // shares a loaded Embedder
 * ```
 */
export class BgeEmbedding extends BaseEmbedding implements AsyncDisposable {
  /**
   * Texts given to the model at once; LlamaIndex waits for each batch before the next, and reports progress between them.
   *
   * @default 512, since the model's own queue does the batching
   */
  override embedBatchSize = 512;
  // Not #private: tracers call methods on a Proxy.
  private readonly embedder: ModelHandle<Embedder>;
  private readonly signal: AbortSignal | undefined;

  /** Loads nothing. Throws `INVALID_OPTION` for a loaded model that is not an embedder, or that comes with load options. */
  constructor(input: AdapterModel<Embedder> | BgeEmbeddingFields = {}) {
    super();
    const { model, signal, ...options } = adapterFields<Embedder, BgeEmbeddingFields>(input);
    this.embedder = embedderHandle("BgeEmbedding", model, options);
    this.signal = signal;
  }

  /**
   * One vector a text, in input order; `[]` for `[]`. No instruction is put before a document.
   *
   * A field, as in the base class, where a method of this name would never be called; and it is passed on unbound.
   */
  override getTextEmbeddings = async (texts: readonly string[]): Promise<number[][]> => {
    checkList(texts, "texts");
    const given = texts.slice(); // LlamaIndex fills the same array anew for its next batch
    const embedder = await this.loaded();
    const vectors = await embedder.embedDocuments(given, callOptions(this.signal, undefined));
    return vectors.map((vector) => Array.from(vector));
  };

  /** The vector of a document. */
  override async getTextEmbedding(text: string): Promise<number[]> {
    const [vector] = await this.getTextEmbeddings([text]);
    return vector!; // one text, one vector
  }

  /**
   * The vector of a query's text part, or of a string; the model's query instruction is put before it here and nowhere else. `null`
   * for a part that is not text: LlamaIndex then leaves it out.
   */
  override async getQueryEmbedding(query: MessageContentDetail | string): Promise<number[] | null> {
    const text = partText(query);
    if (text === null) return null;
    const embedder = await this.loaded();
    return Array.from(await embedder.embedQuery(text, callOptions(this.signal, undefined)));
  }

  /** Frees the model if it was loaded here, never a shared one; later calls reject with `DISPOSED`. */
  dispose(): Promise<void> {
    return this.embedder.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  private async loaded(): Promise<Embedder> {
    const embedder = await this.embedder.get();
    const { dimensions, maxTokens } = embedder;
    this.embedInfo ??= { dimensions, maxTokens };
    return embedder;
  }
}
