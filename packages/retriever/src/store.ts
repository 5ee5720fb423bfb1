import type { View } from "./view.js";

/** What a store knows of a document. */
export interface Stored {
  readonly id: string;
  /** What its words are taken from. */
  readonly text?: string;
}

/** Documents by id, each with its vectors and words, in memory or on disk. */
export interface Store<D> {
  readonly directory: string | undefined;
  readonly size: number;
  has(id: string): boolean;
  get(id: string): D | undefined;
  ids(): AsyncGenerator<string, void, undefined>;
  /** Returns an id for a text that comes without one. */
  nextId(): string;
  /**
   * Adds a document, or replaces the one with the same id. It can be found when this resolves, after a `commit`, and is then
   * stored for good. A store keeps the rows of all its documents or of none.
   *
   * @param vectors one or several, with each of which it can be found
   * @throws BgeError at once, `INVALID_OPTION` for vectors that cannot be used
   */
  put(document: D, vectors: readonly Float32Array[], rows?: Uint8Array): Promise<void>;
  /** Replaces a document's further fields, likewise. Its text is the one in the store. */
  update(document: D): Promise<void>;
  /** True once there is enough to commit. */
  isDue(): boolean;
  /** Stores what was put. */
  commit(): Promise<void>;
  /** Resolves to the number of documents removed, when that is stored for good. What is put after the call stays. */
  remove(ids: Iterable<string>): Promise<number>;
  /** Returns a search's view of the current documents. Close it. */
  view(accept?: (document: D) => boolean): Promise<View<D>>;
  close(): Promise<void>;
}
