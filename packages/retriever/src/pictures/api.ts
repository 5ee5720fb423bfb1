import type { ModelReference } from "@bge-js/core";
import type { ImageInput, MultimodalEmbedder, MultimodalInput, MultimodalOptions } from "@bge-js/core/multimodal";
import type {
  Added,
  AddOptions,
  DocumentIndex,
  RetrieverOptions,
  SearchOptions,
  SearchResults,
  Stage,
} from "../api.js";

/** A document in an index of texts and pictures: with a text, a picture, or both, which together have one vector. */
export interface MultimodalDocument {
  /** Unique and not empty. A document replaces one with the same id. */
  readonly id: string;
  readonly text?: string;
  /**
   * Where the picture is, as it was given: a path or a URL. Of bytes and samples, which the index does not hold, `sha256:`
   * and the hash of their content.
   */
  readonly image?: string;
}

/** Such a document with any additional fields, which are kept and returned with results. */
export type AnyMultimodalDocument = MultimodalDocument & { readonly [field: string]: unknown };

/** A document to add: its picture may be whatever the model reads. */
export type WithImage<D> = { readonly [Field in keyof D as Field extends "image" ? never : Field]: D[Field] } & {
  readonly image?: ImageInput;
};

export interface MultimodalRetrieverOptions extends Pick<RetrieverOptions, "directory" | "readOnly"> {
  /**
   * A model as for `loadMultimodalEmbedder`, or a loaded one, which is shared and not disposed. @default BAAI/BGE-VL-base
   */
  readonly embedder?: MultimodalEmbedder | string | URL | ModelReference;
  /** How many candidates each stage returns. @default 100 */
  readonly candidates?: Partial<Readonly<Record<"lexical" | "dense", number>>>;
  /** Weight of each stage in the score, at least 0. @default lexical 0.3, dense 0.7 */
  readonly weights?: Partial<Readonly<Record<"lexical" | "dense", number>>>;
  /** Options of `loadMultimodalEmbedder`, for a model that the retriever loads. */
  readonly load?: MultimodalOptions;
}

/** What is looked for: words, a picture, or a picture and a wish ("the same, in red"). */
export type MultimodalQuery = string | MultimodalInput;

/** An index of texts and pictures, in memory or in a directory, with the model to fill and search it. */
export interface MultimodalRetriever<D extends MultimodalDocument = AnyMultimodalDocument> extends DocumentIndex<D> {
  readonly embedder: MultimodalEmbedder;
  /** `lexical` and `dense`: rerankers read texts alone. */
  readonly stages: readonly Stage[];
  /**
   * Embeds and adds documents as `Retriever.add` of texts does. A picture's file is read to know its content: what the index has
   * under the document's id with the same text and the same content does not run through the model again, wherever it is now. A
   * blank text beside a picture counts as none. Bytes and samples must not change until this resolves.
   *
   * @throws BgeError as `MultimodalEmbedder.embedStream`; `INVALID_INPUT`, with every bad index, for a document without an id, with
   * neither text nor picture, with a picture that cannot be read, or in a directory with a field that JSON does not give back;
   * `STORE_FAILED` if the disk is full, `INVALID_OPTION` with `readOnly`
   */
  add(
    documents: Iterable<WithImage<D> | string> | AsyncIterable<WithImage<D> | string>,
    options?: AddOptions,
  ): Promise<Added>;
  /**
   * Searches and returns the best results first. By default, words are looked for by words too (`lexical`, in the texts of
   * documents) and all else by vectors alone; for the words beside a picture, ask for the stage. A document without text has no
   * score by words, which neither raises nor lowers it.
   *
   * @throws BgeError as `MultimodalEmbedder.embed`; `INVALID_INPUT` with the parameter `query` for one that is blank or cannot be
   * read; `INVALID_OPTION` for stages that have nothing to read
   */
  search(query: MultimodalQuery, options?: SearchOptions<D>): Promise<SearchResults<D>>;
}
