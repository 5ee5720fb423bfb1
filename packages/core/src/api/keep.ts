/** The token rows of one text. */
export interface RowEntry {
  /** Identifies the text and the model that has read it: a hash, valid in file names. */
  readonly key: string;
  /** Opaque bytes with checksums of their own, about 55 for each token. */
  readonly rows: Uint8Array;
}

/**
 * Where a model keeps what it has read of texts, for late interaction: `openStore` of `@bge-js/store` opens one in a directory. It may be
 * shared by several models and processes. What it returns is checked: damaged rows are read again and put again. If it fails, texts
 * are read as if nothing had been kept, and there is one process warning (code `BGE_KEEP`).
 */
export interface RowStore {
  /** Resolves to the rows under each key, in order; `undefined` where there are none. */
  get(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]>;
  /** Keeps rows; resolves when they can be found. */
  put(entries: readonly RowEntry[]): Promise<void>;
}

/** Rows are kept in this process's memory, those used last. */
export interface KeepInMemory {
  /** Of the rows, with a little for each text. */
  readonly maxBytes: number;
}
