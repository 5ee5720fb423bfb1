import type { RowStore } from "@bge-js/core";
import type { Pool } from "pg";

/**
 * What the models have read of texts, in a table: about 55 bytes a token. All processes that use the database share it, and its
 * backups hold it.
 */
export async function openRows(pool: Pool): Promise<RowStore> {
  await pool.query("CREATE TABLE IF NOT EXISTS bge_js_rows (key text PRIMARY KEY, rows bytea NOT NULL)");
  return {
    async get(keys) {
      const { rows } = await pool.query<{ key: string; rows: Buffer }>(
        "SELECT key, rows FROM bge_js_rows WHERE key = ANY($1)",
        [keys],
      );
      const found = new Map(rows.map(({ key, rows }) => [key, rows]));
      return keys.map((key) => found.get(key));
    },
    async put(entries) {
      // In order, so that two processes never wait for each other; rows that were damaged are put again.
      await pool.query(
        `INSERT INTO bge_js_rows
         SELECT DISTINCT ON (key) key, rows FROM unnest($1::text[], $2::bytea[]) AS entry (key, rows) ORDER BY key
         ON CONFLICT (key) DO UPDATE SET rows = excluded.rows`,
        [entries.map(({ key }) => key), entries.map(({ rows }) => Buffer.from(rows))],
      );
    },
  };
}
