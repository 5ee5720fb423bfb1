import type { BgeError, Embedder, LoadOptions, ModelReference, RemoteModel, Reranker } from "@bge-js/core";

/**
 * A stage of a search. `lexical` is BM25 over words (or characters, in Chinese and the like) and `dense` cosines,
 * both over all documents. `lateInteraction` compares the token vectors of the best candidates, kept since they were
 * added, with the query's (or runs a reranker in its place, such as bge-m3's three scores). `crossEncoder` reads the
 * best candidates again.
 */
export type Stage = "lexical" | "dense" | "lateInteraction" | "crossEncoder";

/** A document in a retriever. Additional fields are kept and returned with results. */
export interface RetrieverDocument {
  /** Unique and not empty. A document replaces one with the same id. */
  readonly id: string;
  readonly text: string;
}

/** A document with any additional fields, of unknown types: `loadRetriever<Page>()` says what they are. */
export type AnyDocument = RetrieverDocument & { readonly [field: string]: unknown };

export interface RetrieverOptions {
  /**
   * A model as for `loadEmbedder`, or a loaded one, which is shared and not disposed. @default the embedded
   * bge-small-en-v1.5
   */
  readonly embedder?: Embedder | string | URL | ModelReference | RemoteModel;
  /**
   * A model as for `loadReranker`, or a loaded one, which is shared and not disposed; `false` for none. A cross-encoder
   * is the last stage, after late interaction, and so is that of a fused reranker whose late interaction is the embedder's; any
   * other reranker replaces late interaction. @default the cross-encoder
   * measured with the embedder: bge-js/reranker-small-en, from its npm package, for bge-small-en-v1.5; none for others
   */
  readonly reranker?: Reranker | string | URL | ModelReference | RemoteModel | false;
  /**
   * Whether to rerank with the embedder's token vectors, for models evaluated for it; `true` is refused for others, and models behind
   * servers. `add` keeps them, compressed to about 54 bytes a token for 384 dimensions. Or a loaded reranker to use instead. `false` keeps nothing. The query's
   * tokens are weighted by the candidates that are scored together. @default true for bge-small-en-v1.5, else false
   */
  readonly lateInteraction?: Reranker | boolean;
  /**
   * A directory to keep the index in, as a path or file URL: created if it is missing, and opened again with all that was
   * stored. Documents are kept as JSON. One retriever at a time adds and removes; any number can read. @default none: in
   * memory, and gone with the process
   */
  readonly directory?: string | URL;
  /**
   * Whether only to read the index in `directory`, also while another process adds to it: every search sees what that has
   * stored. `add` and `remove` reject. @default false
   */
  readonly readOnly?: boolean;
  /**
   * How many candidates each stage returns or scores. @default 100; late interaction 50, the cross-encoder 12, of which ours reads fewer if
   * they are long (at least 6)
   */
  readonly candidates?: Partial<Readonly<Record<Stage, number>>>;
  /**
   * Weight of each stage in the score, at least 0. @default lexical 0.3, dense 0.7, late interaction 1, our cross-encoder 0.75,
   * another 1.5
   */
  readonly weights?: Partial<Readonly<Record<Stage, number>>>;
  /** Load options for the models that the retriever loads. To use others, load the model yourself and pass it. */
  readonly load?: Pick<
    LoadOptions,
    | "download"
    | "endpoint"
    | "isolation"
    | "maxQueuedTokens"
    | "onDownload"
    | "onTruncate"
    | "retryLost"
    | "signal"
    | "threads"
    | "truncation"
    | "workers"
  >;
}

export interface AddOptions {
  /** Aborts with `signal.reason`. Documents already added stay. */
  readonly signal?: AbortSignal;
  /**
   * Called as documents are added, like `onProgress` of `embedDocuments`; with a `directory`, each time that some were
   * stored. An error it throws aborts the call.
   */
  readonly onProgress?: (progress: { readonly added: number; readonly unchanged: number }) => void;
  /**
   * Called for each document that cannot be added, as soon as that is known, besides the one error at the end: each has a
   * reason of its own. An error it throws aborts the call. @default none
   */
  readonly onFailed?: (failed: FailedDocument) => void;
}

export interface Added {
  /** Documents that this call has put into the index, including those that replaced others. */
  readonly added: number;
  readonly replaced: number;
  /** Documents whose text was in the index under this id: not read again, and their further fields stored. */
  readonly unchanged: number;
}

export interface SearchOptions<D> {
  /** Maximum number of results. @default 10 */
  readonly topN?: number;
  /**
   * Restricts the search to documents for which it returns true. Its argument has the type named where the retriever was loaded,
   * `loadRetriever<Page>()`; without one, additional fields are `unknown`. Called for each document about to become a candidate.
   * If it returns anything but true or false, such as a promise, the search rejects with `INVALID_OPTION`. Errors it
   * throws are passed on.
   */
  readonly filter?: (document: D) => boolean;
  /**
   * Time limit for the whole search, in milliseconds. Work that would not fit, judging by earlier searches, is not
   * started, and work that is not finished in time is abandoned; see `skipped`. The first stage always runs: `lexical`,
   * or else `dense`. Late interaction with kept vectors starts unless the time is up. @default none
   */
  readonly budgetMs?: number;
  /** Stages to run, including at least one of `lexical` and `dense`. @default all that were loaded */
  readonly stages?: readonly Stage[];
  /** Aborts the search with `signal.reason`. */
  readonly signal?: AbortSignal;
}

/** Where a part of a document's text starts and ends, in UTF-16 units as in `slice`. */
export interface TextPart {
  readonly start: number;
  readonly end: number;
}

export interface SearchResult<D> {
  readonly id: string;
  readonly document: D;
  /** Meaningful only for the order: comparable within one search, but not between searches. */
  readonly score: number;
  /** The score of each stage that has scored the document: BM25, cosine, the cross-encoder's scale. */
  readonly scores: Partial<Readonly<Record<Stage, number>>>;
  /** The document's rank by each of these scores among the stage's candidates, from 1. */
  readonly ranks: Partial<Readonly<Record<Stage, number>>>;
  /**
   * The part of `document.text` that matches best by late interaction with kept vectors. Of documents that the cross-encoder has read it is
   * what that has read: of the one measured with the embedder, at most 192 tokens. Of others it is all of the text, or the
   * best of the windows in which a text longer than the model was read. Not there if late interaction has not scored the document.
   */
  readonly part?: TextPart;
}

/** A stage that did not score all its candidates for lack of time. */
export interface SkippedStage {
  readonly stage: Stage;
  /** How many candidates it has scored; 0 for `dense`, out of all documents. */
  readonly scored: number;
  readonly candidates: number;
}

export interface SearchResults<D> {
  /** Best first. */
  readonly results: readonly SearchResult<D>[];
  readonly skipped: readonly SkippedStage[];
  /** Milliseconds per stage that ran. `lexical` runs while the query is embedded for `dense`. */
  readonly timings: Partial<Readonly<Record<Stage, number>>> & { readonly total: number };
}

/** An index in memory or in a directory, apart from the models to fill and search it. */
export interface DocumentIndex<D> extends AsyncDisposable {
  /** Number of documents in the index. */
  readonly size: number;
  /** Where the index is kept, as an absolute path; `undefined` for one in memory. */
  readonly directory: string | undefined;
  /**
   * Removes documents, and resolves to how many it has removed, once that is stored. What is added after the call stays.
   *
   * @throws BgeError `INVALID_INPUT` if an id is not a string; then nothing is removed. `STORE_FAILED`, `INVALID_OPTION` as
   * `add`
   */
  remove(ids: Iterable<string>): Promise<number>;
  /** True if the index has a document with this id. @throws BgeError `INVALID_INPUT` for what is no string */
  has(id: string): boolean;
  /** Returns a document, or `undefined`. @throws BgeError `INVALID_INPUT` for an id that is no string */
  get(id: string): D | undefined;
  /** The ids of all documents, in no order. Documents may be added and removed meanwhile. */
  ids(): AsyncIterable<string>;
  /**
   * Frees the index and the models that the retriever loaded. An index in a directory stays there, with all that was read.
   * Pending and later calls reject with `DISPOSED`. May be called repeatedly.
   */
  dispose(): Promise<void>;
}

/** An index in memory or in a directory, with the models to fill and search it. */
export interface Retriever<D extends RetrieverDocument = AnyDocument> extends DocumentIndex<D> {
  readonly embedder: Embedder;
  /** The loaded stages, in the order in which they run. */
  readonly stages: readonly Stage[];
  /**
   * Embeds and adds documents, which are drawn only as fast as they are embedded. A document whose text the index has
   * under its id is not read again. Each can be found at once; in a directory, once it is stored: after a second or 256
   * documents, and all of them when this resolves. What is stored stays, whatever becomes of the process. A string becomes
   * a document `{ id, text }` with a running number as its id: `"#0"`, `"#1"`, ... (do not use such ids yourself). If some documents are invalid or fail, all others are added, and then the promise rejects with an error
   * that names the index and id of the first ones and has the indices of all. Several `add` calls may run at once.
   *
   * @throws BgeError as `Embedder.embedStream`; `INVALID_INPUT` for a document without an id or text, or in a directory with
   * a field that JSON does not give back; `STORE_FAILED` if the disk is full, `INVALID_OPTION` with `readOnly`
   */
  add(documents: Iterable<D | string> | AsyncIterable<D | string>, options?: AddOptions): Promise<Added>;
  /**
   * Searches for a query and returns the best results first.
   *
   * @throws BgeError as `Embedder.embedQuery`; `INVALID_INPUT` for a blank query
   */
  search(query: string, options?: SearchOptions<D>): Promise<SearchResults<D>>;
}

/** A document that could not be added. */
export interface FailedDocument {
  /** Its place among those of the call. */
  readonly index: number;
  /** Undefined if it has none. */
  readonly id: string | undefined;
  readonly error: BgeError;
}
