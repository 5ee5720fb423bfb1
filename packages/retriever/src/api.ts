import type { BgeError, Embedder, LoadOptions, ModelReference, Reranker } from "@bge-js/core";

/**
 * A stage of a search. `lexical`: BM25 over words (and characters of Chinese and its like); `dense`: exact cosines; both over all
 * documents. `lateInteraction` compares the best candidates' token vectors, kept as they were added, with the query's (or is a reranker in
 * its place, as bge-m3's three scores); `crossEncoder` reads the best candidates again.
 */
export type Stage = "lexical" | "dense" | "lateInteraction" | "crossEncoder";

/** What a retriever holds; further fields are kept and given back. */
export interface RetrieverDocument {
  /** Unique: a document takes the place of one with the same id. */
  readonly id: string;
  readonly text: string;
}

/** Documents with any further fields. */
export type AnyDocument = RetrieverDocument & { readonly [field: string]: unknown };

export interface RetrieverOptions {
  /** A model as for `loadEmbedder`; or a loaded one, which is shared and not disposed. @default the embedded bge-small-en-v1.5 */
  readonly embedder?: Embedder | string | URL | ModelReference;
  /**
   * A model as for `loadReranker`, or a loaded one, which is shared and not disposed; `false` for none. A cross-encoder is the
   * last stage, behind late interaction; any other takes late interaction's place. @default the cross-encoder that is measured
   * beside the embedder: bge-js/reranker-small-en, from its npm package, for bge-small-en-v1.5; for others none
   */
  readonly reranker?: Reranker | string | URL | ModelReference | false;
  /**
   * Whether the embedder's token vectors rerank, for models that are measured for it: `add` keeps them, compressed to about 54 bytes a
   * token for vectors of 384 numbers. Or a loaded reranker in their place; `false` keeps nothing. The query's tokens are weighed by the
   * candidates that are scored together. @default true for bge-small-en-v1.5, else false
   */
  readonly lateInteraction?: Reranker | boolean;
  /** How many candidates each stage gives or scores. @default 100; late interaction 50, the cross-encoder 40 */
  readonly candidates?: Partial<Readonly<Record<Stage, number>>>;
  /**
   * How much each stage counts in the score, numbers of at least 0. @default lexical 0.3, dense 0.7, late interaction 0.5, a
   * cross-encoder 1.5, of which bge-js/reranker-small-en 0.5
   */
  readonly weights?: Partial<Readonly<Record<Stage, number>>>;
  /** For the models that are loaded here. Other options: load the model yourself, and pass it. */
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
  /** Ends the adding with `signal.reason`; documents that were added stay. */
  readonly signal?: AbortSignal;
  /** Called as documents are added, as `onProgress` of `embedDocuments`; what it throws ends the adding. */
  readonly onProgress?: (progress: { readonly added: number }) => void;
}

export interface Added {
  /** Documents that are in the index by this call, those in the place of others among them. */
  readonly added: number;
  readonly replaced: number;
}

export interface SearchOptions<D> {
  /** At most this many results. @default 10 */
  readonly topN?: number;
  /**
   * Only documents for which it is true. Asked about those that would be candidates, before they are. Whatever is neither true nor
   * false, as a promise, ends the search with `INVALID_OPTION`: nothing waits for it. What the filter throws comes out of the search.
   */
  readonly filter?: (document: D) => boolean;
  /**
   * Milliseconds for the whole search. What does not fit, by what earlier searches have cost, is not begun, and what is not
   * finished in time is not waited for; `skipped` tells. The first stage always runs: `lexical`, without it `dense`; late interaction
   * with kept vectors is begun unless time is over. @default none
   */
  readonly budgetMs?: number;
  /** At least one of `lexical` and `dense`. @default all that were loaded */
  readonly stages?: readonly Stage[];
  /** Ends the search with `signal.reason`. */
  readonly signal?: AbortSignal;
}

export interface SearchResult<D> {
  readonly id: string;
  readonly document: D;
  /** For the order alone: comparable within one search, not between two. */
  readonly score: number;
  /** The stages' own scores, of those that have scored it: BM25, cosines, the cross-encoder's scale. */
  readonly scores: Partial<Readonly<Record<Stage, number>>>;
  /** Its place by each of these scores among the candidates of the stage, from 1. */
  readonly ranks: Partial<Readonly<Record<Stage, number>>>;
}

/** A stage that did not read all its candidates, for lack of time. */
export interface SkippedStage {
  readonly stage: Stage;
  /** Candidates that it has scored; for `dense` 0 of all documents. */
  readonly scored: number;
  readonly candidates: number;
}

export interface SearchResults<D> {
  /** Best first. */
  readonly results: readonly SearchResult<D>[];
  readonly skipped: readonly SkippedStage[];
  /** Milliseconds of each stage that ran; `lexical` runs while the query is embedded for `dense`. */
  readonly timings: Partial<Readonly<Record<Stage, number>>> & { readonly total: number };
}

/** An index in this process's memory, and the models to fill and search it. */
export interface Retriever<D extends RetrieverDocument = AnyDocument> extends AsyncDisposable {
  /** Documents in the index. */
  readonly size: number;
  /** What is loaded, in the order in which it runs. */
  readonly stages: readonly Stage[];
  /**
   * Embeds and adds documents, drawn only as fast as they are embedded; searches see each at once. A string becomes a document
   * `{ id, text }` with a running number for an id: `"#0"`, `"#1"`, ...; leave such ids to them. If some cannot be used or fail, all others are added, and then the promise
   * rejects with an error that names the first one's index and id and the indices of all. `add` may run several times at once.
   *
   * @throws BgeError as `Embedder.embedStream`; `INVALID_INPUT` for a document without an id or text
   */
  add(documents: Iterable<D | string> | AsyncIterable<D | string>, options?: AddOptions): Promise<Added>;
  /** Takes documents out; gives how many of these ids there were. `INVALID_INPUT` for what is no string, and nothing is taken out. */
  remove(ids: Iterable<string>): number;
  /** @throws BgeError as `Embedder.embedQuery`; `INVALID_INPUT` for an empty query */
  search(query: string, options?: SearchOptions<D>): Promise<SearchResults<D>>;
  /** Frees the index and what was loaded here; calls under way and later ones reject with `DISPOSED`. May be called again. */
  dispose(): Promise<void>;
}

/** A document that could not be added. */
export interface FailedDocument {
  readonly index: number;
  readonly id: string | undefined;
  readonly error: BgeError;
}
