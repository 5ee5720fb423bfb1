import type { BgeError, Embedder } from "@bge-js/core";

/** A document to store. Its further fields are stored with each of its chunks, as JSON. */
export interface IngestDocument {
  /** Non-empty. A document replaces the one that was stored under its id. */
  readonly id: string;
  readonly text: string;
}

/** A document with any further fields. */
export type AnyDocument = IngestDocument & { readonly [field: string]: unknown };

/** Documents, or texts: a text is a document whose id is a hash of it. */
export type DocumentSource<D extends IngestDocument> = Iterable<D | string> | AsyncIterable<D | string>;

/** A chunk as a `ChunkFunction` gives it: its text, or its text and further fields of its own. */
export type GivenChunk =
  | string
  // Interfaces have no index signature, such as core's `TextChunk`; literals may have no field that is not named.
  | { readonly text: string }
  | { readonly text: string; readonly [field: string]: unknown };

/** Divides a document into the texts to embed, in their order. */
export type ChunkFunction<D extends IngestDocument> = (
  document: D,
  options: { readonly signal: AbortSignal },
) => Iterable<GivenChunk> | AsyncIterable<GivenChunk> | Promise<Iterable<GivenChunk>>;

/** A part of a document, as a store gets it. */
export interface Chunk {
  readonly text: string;
  /** Its place among the chunks of its document, from 0. */
  readonly position: number;
  /** The fields of the document and those of the chunk, as JSON gives them back; without `id` and `text`. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Length `dimensions` of the embedder; absent for a store that reads texts itself. */
  readonly vector?: Float32Array;
}

/** A document, as a store gets it. */
export interface ChunkedDocument {
  readonly id: string;
  /** A hash of the document and of the way in which it was divided. */
  readonly version: string;
  /** At least one. */
  readonly chunks: readonly Chunk[];
}

/** A document that could not be ingested. */
export interface FailedDocument {
  readonly id: string | undefined;
  /** Its place in the source, from 0; absent where that is not known any more. */
  readonly index?: number;
  readonly error: BgeError;
}

export interface StoreCallOptions {
  readonly signal?: AbortSignal;
}

/**
 * Where chunks are stored. Calls come in parallel, but never two for one document at once. `STORE_FAILED` for what a store
 * cannot do now ends the run, and is not held against a document.
 */
export interface IngestStore {
  /** The model with which the store reads texts itself. Absent for one that is given vectors. */
  readonly embedder?: Embedder;
  /** Called once, before anything else: makes or checks what documents are stored in. */
  prepare?(options: StoreCallOptions & { readonly embedder: Embedder }): Promise<void>;
  /** Resolves to the version of each document that is stored whole, in order; `undefined` for all others. */
  versions(ids: readonly string[], options: StoreCallOptions): Promise<readonly (string | undefined)[]>;
  /**
   * Stores documents, each in the place of what was stored under its id. When it resolves, they can survive a crash. What a
   * crash leaves half done must not have a version.
   *
   * @returns the documents that cannot be stored for what they are; all others are
   */
  put(
    documents: readonly ChunkedDocument[],
    options: StoreCallOptions,
  ): Promise<readonly { readonly id: string; readonly error: BgeError }[]>;
  /** Removes documents with all their chunks; ids that are not there are ignored. */
  remove(ids: readonly string[], options: StoreCallOptions): Promise<void>;
  /** Yields the id of every document of which anything is stored, in any order, also more than once. */
  ids(options: StoreCallOptions): AsyncIterable<string>;
}

/** How documents become what is stored: the same for one process and for each of many. */
export interface IngestRecipe<D extends IngestDocument = AnyDocument> {
  readonly store: IngestStore;
  /** The loaded model, for a store that does not have its own. Not disposed. */
  readonly embedder?: Embedder;
  /**
   * Divides a document into chunks. @default `splitText`, into chunks that the model reads whole
   */
  readonly chunk?: ChunkFunction<D>;
  /**
   * A name for what `chunk` does, with which it must be given: documents that were stored under another name are done again.
   * @default of the default `chunk`, its limit in tokens and the model
   */
  readonly recipe?: string;
}

/** How far a run is. */
export interface IngestProgress {
  /** Documents drawn from the source. */
  readonly documents: number;
  readonly stored: number;
  /** Documents that were stored already, exactly so. */
  readonly unchanged: number;
  readonly failed: number;
  /** Chunks stored. */
  readonly chunks: number;
  /** Documents finished in a second, over the last ten seconds or so. */
  readonly perSecond: number;
}

export interface IngestOptions<D extends IngestDocument = AnyDocument> extends IngestRecipe<D> {
  /**
   * Whether documents are removed that are in the store and not in the source. Nothing is removed if the source fails, ends
   * without any document, or has documents whose id cannot be read. Takes 16 to 32 bytes of memory a document. @default false
   */
  readonly prune?: boolean;
  /** Aborts with `signal.reason`. What was stored stays. */
  readonly signal?: AbortSignal;
  /** Called as documents are finished. An error it throws aborts the call. */
  readonly onProgress?: (progress: IngestProgress) => void;
  /**
   * Called for each document that cannot be ingested; all others are. An error it throws aborts the call. @default none: the
   * call then rejects at the end, and the error names the first ones
   */
  readonly onFailed?: (failed: FailedDocument) => void;
}

export interface IngestReport extends Omit<IngestProgress, "perSecond"> {
  /** Documents removed by `prune`. */
  readonly removed: number;
}
