import type { RowEntry, RowStore } from "@bge-js/core";
import { type Checks, checkOptions, isFunction } from "@bge-js/core/adapter";
import { checkTable, createRun, type PostgresQuery, quoted } from "./postgres-query.js";
import { createOnce } from "./postgres-tables.js";

export interface PostgresRowsOptions {
  /** Runs a statement: `(text, values) => pool.query(text, values)`. */
  readonly query: PostgresQuery;
  /** Name of the table, or `schema.name`; made if it is missing. @default "token_rows" */
  readonly table?: string;
}

const OPTIONS: Checks<PostgresRowsOptions> = { query: isFunction, table: () => undefined };

/**
 * Keeps token rows in a table of PostgreSQL, for the option `keep` of embedders and rerankers on any machine: what one of them has
 * read while it ingested, no reranker reads again. Rows are in base64 on the wire and bytes in the table.
 *
 * @throws BgeError `INVALID_OPTION`; `STORE_FAILED` if the table cannot be made
 */
export async function postgresRows(options: PostgresRowsOptions): Promise<RowStore> {
  const { query, table: name = "token_rows" } = checkOptions(options, OPTIONS, "postgresRows", ["query"]);
  checkTable(name);
  const run = createRun(query);
  const table = quoted(name);
  const create = `CREATE TABLE IF NOT EXISTS ${table} (key text PRIMARY KEY, rows bytea NOT NULL)`;
  await createOnce(run, create, {});

  return {
    async get(keys) {
      const text = `SELECT key, encode(rows, 'base64') AS rows FROM ${table}
        WHERE key IN (SELECT jsonb_array_elements_text($1::text::jsonb))`;
      const rows = await run("read token rows", text, [JSON.stringify(keys)], {});
      const found = new Map(rows.map((row) => [row["key"], Buffer.from(String(row["rows"]), "base64")]));
      return keys.map((key) => found.get(key));
    },

    async put(entries: readonly RowEntry[]) {
      // One statement writes no row twice.
      const each = new Map(entries.map(({ key, rows }) => [key, rows]));
      const given = [...each].map(([key, rows]) => ({ key, rows: Buffer.from(rows).toString("base64") }));
      const text = `INSERT INTO ${table} (key, rows)
        SELECT key, decode(rows, 'base64') FROM jsonb_to_recordset($1::text::jsonb) AS g(key text, rows text) ORDER BY key
        ON CONFLICT (key) DO UPDATE SET rows = excluded.rows`;
      await run("keep token rows", text, [JSON.stringify(given)], {});
    },
  };
}
