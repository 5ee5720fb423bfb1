import type { DatabaseSync } from "node:sqlite";
import type { Embedder } from "@bge-js/core";
import type { SourceText } from "../demo/documents.js";
import { inSlices } from "../demo/slices.js";
import { inTransaction } from "./database.js";

/** Texts in a table, with their words and vectors in two more. */
export interface Documents {
  /** Embeds and stores those that are not there yet. Resolves to how many texts the table has then. */
  add(texts: readonly SourceText[]): Promise<number>;
  /** Resolves to the best by words and by vectors, best first. */
  search(question: string, limit: number): Promise<SourceText[]>;
}

/** The tables have the model's fingerprint in their names: vectors of two models must never be compared. */
export function openDocuments(database: DatabaseSync, embedder: Embedder): Documents {
  const table = `node_docs_${embedder.source.fingerprint.slice(0, 8)}`;
  database.exec(`
    CREATE TABLE IF NOT EXISTS ${table} (
      number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, source TEXT NOT NULL, text TEXT NOT NULL
    );
    CREATE VIRTUAL TABLE IF NOT EXISTS ${table}_words USING fts5(
      text, content = '${table}', content_rowid = 'number', tokenize = 'porter unicode61'
    );
    CREATE VIRTUAL TABLE IF NOT EXISTS ${table}_vectors USING vec0(
      number INTEGER PRIMARY KEY, vector float[${embedder.dimensions}] distance_metric = cosine
    );
  `);
  const known = database.prepare(`SELECT 1 FROM ${table} WHERE id = ?`);
  const count = database.prepare(`SELECT count(*) AS count FROM ${table}`);
  const addText = database.prepare(`INSERT INTO ${table} (id, title, source, text) VALUES (?, ?, ?, ?)`);
  const addWords = database.prepare(`INSERT INTO ${table}_words (rowid, text) VALUES (?, ?)`);
  const addVector = database.prepare(`INSERT INTO ${table}_vectors (number, vector) VALUES (?, ?)`);
  const hybrid = database.prepare(hybridSearch(table));

  function insert({ id, title, source, text }: SourceText, vector: Float32Array): void {
    const number = BigInt(addText.run(id, title, source, text).lastInsertRowid); // sqlite-vec takes no other numbers
    addWords.run(number, text);
    addVector.run(number, bytesOf(vector));
  }

  return {
    async add(texts) {
      const isNew = ({ id }: SourceText) => known.get(id) === undefined;
      for (const slice of inSlices(texts.filter(isNew), 100)) {
        const vectors = await embedder.embedDocuments(slice.map(({ text }) => text));
        // Another process may have stored some of them meanwhile.
        inTransaction(database, () => {
          for (const [i, text] of slice.entries()) if (isNew(text)) insert(text, vectors[i]!);
        });
      }
      return Number(count.get()!["count"]);
    },
    async search(question, limit) {
      const vector = bytesOf(await embedder.embedQuery(question));
      const rows = hybrid.all({ words: anyWordOf(question), vector, limit });
      return rows.map((row) => ({ ...row }) as unknown as SourceText); // the columns that it selects
    },
  };
}

/** Reciprocal rank fusion of the best by words (BM25) and the best by vectors. */
function hybridSearch(table: string): string {
  return `
    WITH matching AS MATERIALIZED (
      SELECT rowid AS number, rank FROM ${table}_words WHERE ${table}_words MATCH :words ORDER BY rank LIMIT :limit
    ), nearest AS MATERIALIZED ( -- sqlite-vec takes no other order than by distance
      SELECT number, distance FROM ${table}_vectors WHERE vector MATCH :vector AND k = :limit
    ), by_words AS (
      SELECT number, row_number() OVER (ORDER BY rank, number) AS place FROM matching
    ), by_vectors AS (
      SELECT number, row_number() OVER (ORDER BY distance, number) AS place FROM nearest
    ), fused AS (
      SELECT number, sum(1.0 / (60 + place)) AS score
      FROM (SELECT * FROM by_words UNION ALL SELECT * FROM by_vectors)
      GROUP BY number ORDER BY score DESC, number LIMIT :limit
    )
    SELECT id, title, source, text FROM fused JOIN ${table} USING (number) ORDER BY score DESC, number`;
}

/** FTS5 has a language of its own, in which a question is often an error: its words, quoted, any of which is enough. */
function anyWordOf(question: string): string {
  const words = question.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  return words.length === 0 ? '""' : words.map((word) => `"${word}"`).join(" OR ");
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
