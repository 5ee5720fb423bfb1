import type { BgeError } from "@bge-js/core";
import { type Checks, checkOptions, isFunction, oneOf, turn } from "@bge-js/core/adapter";
import type { ChunkedDocument, IngestStore, StoreCallOptions } from "../api.js";
import { checkTable, createRun, isOfValues, type PostgresQuery } from "./postgres-query.js";
import { prepareTables, tablesOf } from "./postgres-tables.js";

export type { PostgresQuery } from "./postgres-query.js";

export interface PostgresOptions {
  /** Runs a statement: `(text, values) => pool.query(text, values)`. */
  readonly query: PostgresQuery;
  /**
   * Name of the table of chunks, or `schema.name`. Two more are beside it, `NAME_documents` and `NAME_model`. They are made if they
   * are missing; the extension `vector` must be there. @default "chunks"
   */
  readonly table?: string;
  /** How vectors are kept: `halfvec` takes half the room. @default "vector" */
  readonly type?: "vector" | "halfvec";
}

const OPTIONS: Checks<PostgresOptions> = {
  query: isFunction,
  table: () => undefined,
  type: oneOf("vector", "halfvec"),
};

/** Rows of a page. */
const PAGE = 1000;
/** Rows to write as JSON in a turn of the event loop, which takes some milliseconds. */
const ROWS = 64;

/**
 * Stores chunks in PostgreSQL with pgvector: a row each, of `document`, `position`, `text`, `fields` (jsonb) and `embedding`. Many
 * processes may write at once. Make your index of `embedding` once the bulk is in.
 *
 * @throws BgeError `INVALID_OPTION`
 */
export function postgresStore(options: PostgresOptions): IngestStore {
  const { query, table = "chunks", type = "vector" } = checkOptions(options, OPTIONS, "postgresStore", ["query"]);
  checkTable(table);
  const run = createRun(query);
  const tables = tablesOf(table);
  const { chunks, documents } = tables;

  // One statement is one transaction. Rows are locked in the same order by all: the first chunk, then the others.
  const PUT = `
    WITH given AS (
      SELECT * FROM jsonb_to_recordset($1::text::jsonb)
        AS g(document text, version text, position integer, text text, fields jsonb, embedding text)
    ), noted AS (
      INSERT INTO ${documents} (id, version, whole)
      SELECT document, version, false FROM given WHERE position = 0 ORDER BY document
      ON CONFLICT (id) DO UPDATE SET version = excluded.version, whole = false
    )
    INSERT INTO ${chunks} (document, position, version, text, fields, embedding)
    SELECT document, position, version, text, fields, embedding::${type} FROM given ORDER BY document, position
    ON CONFLICT (document, position) DO UPDATE SET
      version = excluded.version, text = excluded.text, fields = excluded.fields, embedding = excluded.embedding`;

  // In a statement of its own, which sees what others have stored meanwhile. Of a document that another version has taken over,
  // nothing is removed.
  const FINISH = `
    WITH mine AS (
      SELECT d.id, d.version FROM ${documents} d
        JOIN jsonb_to_recordset($1::text::jsonb) AS g(id text, version text) ON g.id = d.id AND g.version = d.version
      ORDER BY d.id FOR UPDATE OF d
    ), gone AS (
      DELETE FROM ${chunks} c USING mine WHERE c.document = mine.id AND c.version <> mine.version
    )
    UPDATE ${documents} d SET whole = true FROM mine WHERE d.id = mine.id`;

  async function putAll(given: readonly ChunkedDocument[], options: StoreCallOptions): Promise<Failed[]> {
    try {
      await run("store documents", PUT, [await rowsOf(given)], options);
    } catch (error) {
      if (!isOfValues(error)) throw error;
      if (given.length === 1) return [{ id: given[0]!.id, error: error as BgeError }];
      // Halves, until the documents at fault are alone.
      const half = Math.ceil(given.length / 2);
      return [...(await putAll(given.slice(0, half), options)), ...(await putAll(given.slice(half), options))];
    }
    const versions = given.map(({ id, version }) => ({ id, version }));
    await run("remove what they replace", FINISH, [JSON.stringify(versions)], options);
    return [];
  }

  return {
    prepare: ({ embedder, ...options }) => prepareTables(run, tables, type, embedder, options),

    async versions(ids, options) {
      const text = `SELECT id, version FROM ${documents}
        WHERE whole AND id IN (SELECT jsonb_array_elements_text($1::text::jsonb))`;
      // PostgreSQL has no text with U+0000: such a document is refused when it is put, by itself.
      const given = ids.filter((id) => !id.includes("\0"));
      const rows = await run("look up documents", text, [JSON.stringify(given)], options);
      const found = new Map(rows.map(({ id, version }) => [id, version as string]));
      return ids.map((id) => found.get(id));
    },

    put: putAll,

    async remove(ids, options) {
      const given = JSON.stringify(ids);
      const which = "IN (SELECT jsonb_array_elements_text($1::text::jsonb))";
      const text = `WITH gone AS (DELETE FROM ${chunks} WHERE document ${which}) DELETE FROM ${documents} WHERE id ${which}`;
      await run("remove documents", text, [given], options);
    },

    async *ids(options) {
      const text = `SELECT id FROM ${documents} WHERE id > $1::text ORDER BY id LIMIT ${PAGE}`;
      for (let last = ""; ; ) {
        const rows = await run("list documents", text, [last], options);
        for (const { id } of rows) yield id as string;
        if (rows.length < PAGE) return;
        last = rows.at(-1)!["id"] as string;
      }
    },
  };
}

type Failed = Awaited<ReturnType<IngestStore["put"]>>[number];

/** Returns the rows of documents as JSON. One document may have thousands. */
async function rowsOf(documents: readonly ChunkedDocument[]): Promise<string> {
  const rows: string[] = [];
  for (const { id: document, version, chunks } of documents) {
    for (const { position, text, fields, vector } of chunks) {
      rows.push(JSON.stringify({ document, version, position, text, fields, embedding: `[${vector!.join(",")}]` }));
      if (rows.length % ROWS === 0) await turn();
    }
  }
  return `[${rows.join(",")}]`;
}
