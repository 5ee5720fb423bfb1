import type { Embedder, ModelReference, Reranker } from "@bge-js/core";
import type {
  Added,
  AddOptions,
  AnyDocument,
  RetrieverDocument,
  RetrieverOptions,
  SearchResult,
  SkippedStage,
  Stage,
} from "@bge-js/retriever";
import type { QdrantClient, Schemas } from "@qdrant/js-client-rest";

/** A condition on payloads, as Qdrant has it: `{ must: [{ key: "page", range: { gt: 20 } }] }`. */
export type Filter = Schemas["Filter"];

/** The vectors of a collection. Names and widths follow from the model. */
export interface CollectionOptions {
  /** Qdrant's quantisation of the dense vectors, kept in memory; the originals rescore what they find. @default none */
  readonly quantization?: "int8" | "binary";
  /** Whether the dense vectors and the words are kept on disk alone. Token rows always are. @default false */
  readonly onDisk?: boolean;
  /**
   * Mean length of a document in words, by which BM25 counts long documents less: the one statistic that does not come from
   * the server. It cannot change later. @default that of the first up to 1,000 documents added
   */
  readonly averageWords?: number;
}

export interface QdrantRetrieverOptions
  extends CollectionOptions,
    Pick<RetrieverOptions, "candidates" | "weights" | "load"> {
  readonly client: QdrantClient;
  /** Name of the collection. It is created if it is missing; one of another model or shape is `STORE_MISMATCH`. */
  readonly collection: string;
  /**
   * A model as for `loadEmbedder`, or a loaded one, which is shared and not disposed. @default the embedded
   * bge-small-en-v1.5
   */
  readonly embedder?: Embedder | string | URL | ModelReference;
  /**
   * A cross-encoder as for `loadReranker`, or a loaded one, which is shared and not disposed; `false` for none.
   * @default bge-js/reranker-small-en, from its npm package, for bge-small-en-v1.5; none for others
   */
  readonly reranker?: Reranker | string | URL | ModelReference | false;
  /**
   * Whether documents are stored with their token rows, which the server compares with the query's (`max_sim`).
   * @default true for bge-small-en-v1.5 and for models with multi-vectors (bge-m3), else false
   */
  readonly lateInteraction?: boolean;
}

export interface QdrantSearchOptions {
  /** Maximum number of results. @default 10 */
  readonly topN?: number;
  /** Restricts the search to documents that match. Fields of documents are keys. @default all */
  readonly filter?: Filter;
  /** Time limit for the whole search, in milliseconds, which ends the cross-encoder; see `skipped`. @default none */
  readonly budgetMs?: number;
  /** Stages to run, including at least one of `lexical` and `dense`. @default all that were loaded */
  readonly stages?: readonly Stage[];
  /** Aborts the search with `signal.reason`. */
  readonly signal?: AbortSignal;
}

export interface QdrantSearchResults<D> {
  /** Best first. */
  readonly results: readonly SearchResult<D>[];
  /** The cross-encoder, if it did not read all its candidates for lack of time. */
  readonly skipped: readonly SkippedStage[];
  /** Milliseconds: the query through the model, the request to Qdrant, the cross-encoder, all. */
  readonly timings: {
    readonly query: number;
    readonly server: number;
    readonly crossEncoder?: number;
    readonly total: number;
  };
}

export interface QdrantAddOptions extends Pick<AddOptions, "signal"> {
  /** Called as documents are stored. An error it throws aborts the call. */
  readonly onProgress?: (progress: { readonly added: number; readonly unchanged: number }) => void;
}

export interface QdrantAdded extends Pick<Added, "added" | "replaced"> {
  /** Documents that were stored before exactly so: neither read nor sent again. */
  readonly unchanged: number;
}

/** A collection in Qdrant, with the models to fill and search it. */
export interface QdrantRetriever<D extends RetrieverDocument = AnyDocument> extends AsyncDisposable {
  readonly client: QdrantClient;
  readonly collection: string;
  readonly embedder: Embedder;
  /** The loaded stages, in the order in which they run. */
  readonly stages: readonly Stage[];
  /**
   * Embeds and stores documents, which are drawn only as fast as they are stored. Resolves when the server has written all of
   * them, which is checked. A document replaces one with the same id; one that is stored already is not read again, so an
   * interrupted call is resumed by calling again. A string becomes a document `{ id, text }` whose id follows from the text.
   * Fields are kept as JSON, and refused if it does not give them back. If some documents are invalid or fail, all others are
   * stored, and then the promise rejects with an error that names the index and id of the first ones and has the indices of
   * all.
   *
   * @throws BgeError as `Embedder.embedStream`; `INVALID_INPUT` for an unusable document; `STORE_FAILED` if the server cannot
   * be reached or refuses, after retries where they may help
   */
  add(documents: Iterable<D | string> | AsyncIterable<D | string>, options?: QdrantAddOptions): Promise<QdrantAdded>;
  /**
   * Removes documents, and resolves to how many of these ids were in the collection.
   *
   * @throws BgeError `INVALID_INPUT` if an id is not a string; then nothing is removed. `STORE_FAILED`
   */
  remove(ids: Iterable<string>): Promise<number>;
  /** Resolves to the number of documents in the collection. */
  count(options?: { readonly filter?: Filter; readonly signal?: AbortSignal }): Promise<number>;
  /**
   * Searches for a query and returns the best results first. One request to the server, then the cross-encoder.
   *
   * @throws BgeError as `Embedder.embedQuery`; `INVALID_INPUT` for a blank query; `STORE_FAILED`
   */
  search(query: string, options?: QdrantSearchOptions): Promise<QdrantSearchResults<D>>;
  /**
   * Frees the models that were loaded here; the collection stays. Pending and later calls reject with `DISPOSED`. May be
   * called repeatedly.
   */
  dispose(): Promise<void>;
}
