import type { DatabaseSync } from "node:sqlite";
import type { RowStore } from "@bge-js/core";
import { inTransaction } from "./database.js";

/** What the models have read of texts, in a table: about 55 bytes a token. All processes that use the file share it. */
export function openRows(database: DatabaseSync): RowStore {
  database.exec("CREATE TABLE IF NOT EXISTS bge_js_rows (key TEXT PRIMARY KEY, rows BLOB NOT NULL)");
  const one = database.prepare("SELECT rows FROM bge_js_rows WHERE key = ?");
  // Rows that were damaged are put again.
  const add = database.prepare(
    "INSERT INTO bge_js_rows VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET rows = excluded.rows",
  );
  return {
    async get(keys) {
      return keys.map((key) => one.get(key)?.["rows"] as Uint8Array | undefined); // a BLOB
    },
    async put(entries) {
      inTransaction(database, () => {
        for (const { key, rows } of entries) add.run(key, rows);
      });
    },
  };
}
