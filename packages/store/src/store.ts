import { resolve } from "node:path";
import type { RowEntry } from "@bge-js/core";
import {
  type Checks,
  checkCommitRoom,
  checkOptions,
  folderPath,
  isCount,
  isFolder,
  lmdbReason,
  withLmdb,
} from "@bge-js/core/adapter";
import type { Store, StoreOptions } from "./api.js";
import { disposed, failure, removed } from "./failures.js";
import type { Tables } from "./tables.js";

/** In which a text has a record. */
const TABLES = 2;
const OPTIONS: Checks<StoreOptions> = { directory: isFolder, maxBytes: isCount };

/**
 * Opens a store of token rows in a folder, or creates one.
 *
 * @example
 * await using store = await openStore({ directory: "./rows" });
 * const embedder = await loadEmbedder(undefined, { keep: store });
 * const reranker = await loadReranker(undefined, { keep: store });
 * @throws BgeError `INVALID_OPTION`, `STORE_CORRUPT` for files that are damaged or another program's, `STORE_FAILED` for
 * what the system refuses, `UNSUPPORTED_PLATFORM` where LMDB cannot be loaded
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { directory: given, maxBytes = Number.POSITIVE_INFINITY } = checkOptions(options, OPTIONS, "openStore", [
    "directory",
  ]);
  const directory = resolve(typeof given === "string" ? given : folderPath(given.href));
  const { openTables } = await withLmdb(() => import("./tables.js"));
  const tables = await openTables(directory);
  const writing = new Set<Promise<void>>();
  let closing: Promise<void> | undefined;

  async function get(keys: readonly string[]): Promise<(Uint8Array | undefined)[]> {
    if (closing !== undefined) throw disposed(directory);
    try {
      // Read from the disk on another thread, so that what follows only copies.
      await tables.rows.prefetch([...keys]);
      if (closing !== undefined) throw disposed(directory);
      return keys.map((key) => tables.rows.getBinary(key));
    } catch (cause) {
      throw failure(directory, "read", cause);
    }
  }

  async function put(entries: readonly RowEntry[]): Promise<void> {
    if (closing !== undefined) throw disposed(directory);
    const written = write(entries);
    writing.add(written);
    try {
      await written;
    } catch (cause) {
      throw failure(directory, "written", await lmdbReason(cause));
    } finally {
      writing.delete(written);
    }
  }

  async function write(entries: readonly RowEntry[]): Promise<void> {
    if (!tables.file.isKept()) throw removed(directory);
    const bytes = entries.reduce((sum, { rows }) => sum + rows.length, 0);
    await checkCommitRoom(directory, TABLES * entries.length, bytes);
    await tables.write(() => putAll(tables, entries, maxBytes));
  }

  async function close(): Promise<void> {
    await Promise.allSettled(writing);
    await tables.close();
  }

  const dispose = () => (closing ??= close());
  return {
    directory,
    get,
    put,
    kept() {
      if (closing !== undefined) throw disposed(directory);
      return { texts: tables.counts.get("texts") ?? 0, bytes: tables.counts.get("bytes") ?? 0 };
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

/** Runs in a transaction. */
function putAll({ rows, order, counts }: Tables, entries: readonly RowEntry[], maxBytes: number): void {
  let bytes = counts.get("bytes") ?? 0;
  let texts = counts.get("texts") ?? 0;
  let next = counts.get("next") ?? 0;
  for (const { key, rows: own } of entries) {
    const before = rows.getBinary(key);
    if (before === undefined) {
      order.putSync(next++, key);
      texts++;
    }
    rows.putSync(key, Buffer.from(own.buffer, own.byteOffset, own.byteLength));
    bytes += own.length - (before?.length ?? 0);
  }
  while (bytes > maxBytes) {
    const [oldest] = order.getRange({ limit: 1 });
    if (oldest === undefined) break;
    bytes -= rows.getBinary(oldest.value)?.length ?? 0;
    rows.removeSync(oldest.value);
    order.removeSync(oldest.key);
    texts--;
  }
  counts.putSync("texts", texts);
  counts.putSync("bytes", bytes);
  counts.putSync("next", next);
}
