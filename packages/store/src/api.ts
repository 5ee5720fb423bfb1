import type { RowStore } from "@bge-js/core";

export interface StoreOptions {
  /** The store's folder, a path or a `file:` URL. Created if it is missing; it must be the store's alone. */
  readonly directory: string | URL;
  /**
   * Most bytes of token rows; what was kept first is forgotten first. The files take up to a third more, and do not
   * shrink. @default none
   */
  readonly maxBytes?: number;
}

/** How much a store has. */
export interface Kept {
  readonly texts: number;
  /** Of their rows. */
  readonly bytes: number;
}

/**
 * Token rows on disk, for the option `keep`. Several models, threads and processes may have the same folder open and write
 * to it. What was put is on the disk when `put` resolves, and a process that dies at any moment leaves the store whole.
 */
export interface Store extends RowStore, AsyncDisposable {
  /** Absolute path. */
  readonly directory: string;
  kept(): Kept;
  /** Closes the files once everything put before is on the disk. Later calls reject with `DISPOSED`. Safe to call more than once. */
  dispose(): Promise<void>;
}
