import { BgeError } from "@bge-js/core";
import {
  type AdapterImage,
  checkList,
  type MultimodalAdapter,
  type MultimodalAdapterInput,
  type MultimodalFields,
  type MultimodalModel,
  multimodalAdapter,
  ofBase64,
} from "@bge-js/core/adapter";
import { loadMultimodalEmbedder } from "@bge-js/core/multimodal";
import { MultiModalEmbedding } from "@llamaindex/core/embeddings";
import type { MessageContentDetail } from "@llamaindex/core/llms";
import type { ImageType } from "@llamaindex/core/schema";
import { partText } from "./text.js";

/**
 * A model and the options of `loadMultimodalEmbedder` of `@bge-js/core/multimodal`. `model` may be a loaded
 * `MultimodalEmbedder`, without load options.
 */
export interface BgeMultiModalEmbeddingFields extends MultimodalFields {}

/**
 * BGE-VL for LlamaIndex.TS: texts and pictures in one space. As a transformation of nodes it embeds the text of text
 * nodes, and of image nodes their picture alone, like LlamaIndex's own.
 *
 * A picture is a path, a `Blob`, a `file:` or `data:` URL or, with the option `allowUrls`, an `http:` or `https:` URL;
 * sharp decodes it. Loading, errors and `dispose` work as in `BgeEmbedding`.
 *
 * @example
 * ```ts
 * new BgeMultiModalEmbedding("./bge-vl-base"); // a folder, as tools/export writes it
 * new BgeMultiModalEmbedding({ model: "./bge-vl-base", dtype: "int8", allowUrls: { hosts: ["example.org"] } });
 * new BgeMultiModalEmbedding(embedder); // shares a loaded MultimodalEmbedder
 * ```
 */
export class BgeMultiModalEmbedding extends MultiModalEmbedding implements AsyncDisposable {
  /**
   * Number of texts, or of pictures, passed to the model at once. `Blob`s and `data:` URLs of a batch are in memory as
   * bytes.
   *
   * @default 32
   */
  override embedBatchSize = 32;
  // Not #private, because tracers call methods on a Proxy.
  private readonly adapter: MultimodalAdapter;

  /**
   * Loads nothing yet.
   *
   * @throws BgeError `INVALID_OPTION` for a loaded model that reads no pictures, or that is combined with load options
   */
  constructor(input: MultimodalModel | BgeMultiModalEmbeddingFields = {}) {
    super();
    this.adapter = multimodalAdapter("BgeMultiModalEmbedding", loadMultimodalEmbedder, input);
  }

  /**
   * Embeds documents. Returns one normalised vector of the model's `dimensions` numbers per text, in input order; `[]`
   * for `[]`. A field, and bound, as in `BgeEmbedding`.
   */
  override getTextEmbeddings = (texts: readonly string[]): Promise<number[][]> =>
    this.embedList(texts, "texts", (text) => ({ text }));

  /** Embeds one document. Returns a normalised vector of the model's `dimensions` numbers. */
  override async getTextEmbedding(text: string): Promise<number[]> {
    const [vector] = await this.getTextEmbeddings([text]);
    return vector!; // one text, one vector
  }

  /**
   * Embeds pictures. Returns one normalised vector of the model's `dimensions` numbers per picture, in input order; `[]`
   * for `[]`. Rejects with `INVALID_INPUT`, naming the index of every picture that cannot be read.
   */
  override getImageEmbeddings(images: readonly ImageType[]): Promise<number[][]> {
    return this.embedList(images, "images", (image) => ({ image }));
  }

  /** Embeds one picture. Returns a normalised vector of the model's `dimensions` numbers. */
  override async getImageEmbedding(image: ImageType): Promise<number[]> {
    const [vector] = await this.getImageEmbeddings([image]);
    return vector!; // one picture, one vector
  }

  /**
   * Embeds a part of a query: a string, a text, an `image_url` or an `image` in base64. Returns a normalised vector of
   * the model's `dimensions` numbers, or `null` for sound, films and files, which LlamaIndex then leaves out.
   */
  override async getQueryEmbedding(query: MessageContentDetail | string): Promise<number[] | null> {
    const input = toInput(query);
    if (input === null) return null;
    const [vector] = await this.embed([input], "query");
    return vector!; // one part, one vector
  }

  /** Frees the model if this instance loaded it, but never a shared one. Later calls reject with `DISPOSED`. */
  dispose(): Promise<void> {
    return this.adapter.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  private async embedList<T>(
    list: readonly T[],
    parameter: string,
    toDocument: (item: T) => MultimodalAdapterInput,
  ): Promise<number[][]> {
    checkList(list, parameter);
    return this.embed(Array.from(list, toDocument), "document");
  }

  private async embed(inputs: readonly MultimodalAdapterInput[], inputType: "query" | "document"): Promise<number[][]> {
    const { dimensions, maxTokens } = await this.adapter.loaded();
    this.embedInfo ??= { dimensions, maxTokens };
    return this.adapter.embed(inputs, { inputType });
  }
}

/** Returns a part of a query for the model, or `null` if it is neither a text nor a picture. */
function toInput(part: MessageContentDetail | string): MultimodalAdapterInput | null {
  const text = partText(part);
  if (text !== null) return { text };
  const { type } = part as MessageContentDetail;
  if (type === "image_url") return { image: ofImageUrl(part as ImageUrlPart) };
  return type === "image" ? { image: ofBase64((part as ImagePart).data) } : null;
}

type ImageUrlPart = Extract<MessageContentDetail, { type: "image_url" }>;
type ImagePart = Extract<MessageContentDetail, { type: "image" }>;

/** A message may come from anybody: its URL leads to no file of this machine. */
function ofImageUrl({ image_url: image }: ImageUrlPart): AdapterImage {
  const url: unknown = image?.url;
  if (typeof url === "string" && /^(data|https?):/i.test(url)) return url;
  const message =
    "query cannot be used: the url of its image_url must be a data:, http: or https: URL. Read a file of your own and pass it as a data: URL.";
  throw new BgeError("INVALID_INPUT", message, { parameter: "query" });
}
