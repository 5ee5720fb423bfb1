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

/** A model and the load options of `@bge-js/core`. `model` may be a loaded `Embedder`, without load options. */
export interface BgeEmbeddingFields extends AdapterFields<Embedder> {}

/**
 * BGE embeddings for LlamaIndex.TS, for `Settings.embedModel`.
 *
 * The first call loads the model, once for all callers; if loading fails, the next call tries again. Every method
 * rejects with a `BgeError` of `@bge-js/core`. Loading fills in `embedInfo`, but without a tokenizer: LlamaIndex would
 * truncate texts by tiktoken's tokens instead of the model's.
 *
 * @example
 * ```ts
 * new BgeEmbedding(); // the embedded model
 * new BgeEmbedding("BAAI/bge-small-en-v1.5"); // an id, or a folder: "./my-model"
 * new BgeEmbedding({ directory: "./my-model", pooling: "cls" }); // as exported by a model package
 * new BgeEmbedding({ model: "BAAI/bge-small-en-v1.5", dtype: "fp32", workers: 1 });
 * new BgeEmbedding(embedder); // shares a loaded Embedder
 * ```
 */
export class BgeEmbedding extends BaseEmbedding implements AsyncDisposable {
  /**
   * Number of texts passed to the model at once. LlamaIndex waits for each batch before the next, and reports progress
   * in between.
   *
   * @default 512, since the model's own queue does the batching
   */
  override embedBatchSize = 512;
  // Not #private, because tracers call methods on a Proxy.
  private readonly embedder: ModelHandle<Embedder>;
  private readonly signal: AbortSignal | undefined;

  /**
   * Loads nothing yet.
   *
   * @throws BgeError `INVALID_OPTION` for a loaded model that is not an embedder, or that is combined with load options
   */
  constructor(input: AdapterModel<Embedder> | BgeEmbeddingFields = {}) {
    super();
    const { model, signal, ...options } = adapterFields<Embedder, BgeEmbeddingFields>(input);
    this.embedder = embedderHandle("BgeEmbedding", model, options);
    this.signal = signal;
  }

  /**
   * Embeds documents. Returns one normalised vector of the model's `dimensions` numbers per text, in input order; `[]`
   * for `[]`. Documents get the model's document instruction, if it has one, but not its query instruction.
   *
   * A field, as in the base class, because a method of this name would never be called; and bound, because it is passed
   * on as a function.
   */
  override getTextEmbeddings = async (texts: readonly string[]): Promise<number[][]> => {
    checkList(texts, "texts");
    const given = texts.slice(); // LlamaIndex reuses the array for its next batch
    const embedder = await this.loaded();
    const vectors = await embedder.embedDocuments(given, callOptions(this.signal, undefined));
    return vectors.map((vector) => Array.from(vector));
  };

  /** Embeds one document. Returns a normalised vector of the model's `dimensions` numbers. */
  override async getTextEmbedding(text: string): Promise<number[]> {
    const [vector] = await this.getTextEmbeddings([text]);
    return vector!; // one text, one vector
  }

  /**
   * Embeds a query, a string or a text part, with the model's query instruction. Returns a normalised vector of the
   * model's `dimensions` numbers, or `null` for a part that is not text, which LlamaIndex then leaves out.
   */
  override async getQueryEmbedding(query: MessageContentDetail | string): Promise<number[] | null> {
    const text = partText(query);
    if (text === null) return null;
    const embedder = await this.loaded();
    return Array.from(await embedder.embedQuery(text, callOptions(this.signal, undefined)));
  }

  /** Frees the model if this instance loaded it, but never a shared one. Later calls reject with `DISPOSED`. */
  dispose(): Promise<void> {
    return this.embedder.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  private async loaded(): Promise<Embedder> {
    const embedder = await this.embedder.get(this.signal);
    const { dimensions, maxTokens } = embedder;
    this.embedInfo ??= { dimensions, maxTokens };
    return embedder;
  }
}
