import {
  type AdapterImage,
  checkList,
  type MultimodalAdapter,
  type MultimodalAdapterInput,
  type MultimodalFields,
  type MultimodalModel,
  multimodalAdapter,
} from "@bge-js/core/adapter";
import { loadMultimodalEmbedder, type MultimodalCallOptions } from "@bge-js/core/multimodal";
import { Embeddings } from "@langchain/core/embeddings";

/**
 * A model and the options of `loadMultimodalEmbedder` of `@bge-js/core/multimodal`. `model` may be a loaded
 * `MultimodalEmbedder`, without load options.
 */
export interface BgeMultimodalEmbeddingsFields extends MultimodalFields {}

/** The options of a call that embeds documents or a query. */
type SideOptions = Omit<MultimodalCallOptions, "inputType">;

/**
 * BGE-VL for LangChain.js: texts and pictures in one space, for every vector store. `addImages` adds documents with
 * pictures to one.
 *
 * A picture is a path, the bytes of a file, decoded samples, a `Blob`, a `file:` or `data:` URL or, with the option
 * `allowUrls`, an `http:` or `https:` URL; sharp decodes files. Loading, errors and `dispose` work as in `BgeEmbeddings`.
 *
 * @example
 * ```ts
 * new BgeMultimodalEmbeddings("./bge-vl-base"); // a folder, as tools/export writes it
 * new BgeMultimodalEmbeddings({ model: "./bge-vl-base", dtype: "int8", allowUrls: { hosts: ["example.org"] } });
 * new BgeMultimodalEmbeddings(embedder); // shares a loaded MultimodalEmbedder
 * ```
 */
export class BgeMultimodalEmbeddings extends Embeddings implements AsyncDisposable {
  // Not #private, because tracers call methods on a Proxy.
  private readonly adapter: MultimodalAdapter;

  /**
   * Loads nothing yet.
   *
   * @throws BgeError `INVALID_OPTION` for a loaded model that reads no pictures, or that is combined with load options
   */
  constructor(input: MultimodalModel | BgeMultimodalEmbeddingsFields = {}) {
    super({ maxRetries: 0 });
    this.adapter = multimodalAdapter("BgeMultimodalEmbeddings", loadMultimodalEmbedder, input);
  }

  /** Embeds texts. Returns one normalised vector of the model's `dimensions` numbers per text, in input order; `[]` for `[]`. */
  override async embedDocuments(texts: readonly string[], options: SideOptions = {}): Promise<number[][]> {
    checkList(texts, "texts");
    return this.adapter.embed(
      Array.from(texts, (text) => ({ text })),
      options,
    );
  }

  /** Embeds the text of a query. Returns a normalised vector of the model's `dimensions` numbers. */
  override async embedQuery(text: string, options: SideOptions = {}): Promise<number[]> {
    const [vector] = await this.adapter.embed([{ text }], { ...options, inputType: "query" });
    return vector!; // one text, one vector
  }

  /**
   * Embeds pictures. Returns one normalised vector of the model's `dimensions` numbers per picture, in input order; `[]`
   * for `[]`. Rejects with `INVALID_INPUT`, naming the index of every picture that cannot be read; the error's
   * `completed` has the vectors of the others.
   */
  async embedImages(images: readonly AdapterImage[], options: SideOptions = {}): Promise<number[][]> {
    checkList(images, "images");
    return this.adapter.embed(
      Array.from(images, (image) => ({ image })),
      options,
    );
  }

  /**
   * Embeds texts, pictures, and pictures with a text, which together have one vector. Otherwise like `embedImages`. For
   * a query by a picture, set `inputType: "query"` and pass the vector to `similaritySearchVectorWithScore`.
   */
  embedInputs(inputs: readonly MultimodalAdapterInput[], options: MultimodalCallOptions = {}): Promise<number[][]> {
    return this.adapter.embed(inputs, options);
  }

  /** Frees the model if this instance loaded it, but never a shared one. Later calls reject with `DISPOSED`. */
  dispose(): Promise<void> {
    return this.adapter.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
