import type { RowStore } from "../api/keep.js";

/** Of a reranker that is not told otherwise: 64 MiB. */
export const KEPT_BYTES = 1 << 26;
/** Key, map entry and array of one text. */
const OVERHEAD = 256;

/** Keeps rows in memory. If they are more than `maxBytes`, those used longest ago are forgotten. */
export function createMemoryStore(maxBytes: number): RowStore {
  /** Those used last come last. */
  const kept = new Map<string, Uint8Array>();
  let bytes = 0;

  function forget(key: string): Uint8Array | undefined {
    const rows = kept.get(key);
    if (rows === undefined) return undefined;
    kept.delete(key);
    bytes -= rows.length + OVERHEAD;
    return rows;
  }

  function keep(key: string, rows: Uint8Array): void {
    kept.set(key, rows);
    bytes += rows.length + OVERHEAD;
  }

  return {
    async get(keys) {
      return keys.map((key) => {
        const rows = forget(key);
        if (rows !== undefined) keep(key, rows);
        return rows;
      });
    },
    async put(entries) {
      for (const { key, rows } of entries) {
        forget(key);
        keep(key, rows);
      }
      for (const key of kept.keys()) {
        if (bytes <= maxBytes) break;
        forget(key);
      }
    },
  };
}
