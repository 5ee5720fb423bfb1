import type { Embedder } from "@bge-js/core";
import type { Pool } from "pg";
import type { SourceText } from "../demo/documents.js";
import { inSlices } from "../demo/slices.js";

/** Texts in a table, with their words and vectors. */
export interface Documents {
  /** Embeds and stores those that are not there yet. Resolves to how many texts the table has then. */
  add(texts: readonly SourceText[]): Promise<number>;
  /** Resolves to the best by words and by vectors, best first. */
  search(question: string, limit: number): Promise<SourceText[]>;
}

/** The table has the model's fingerprint in its name: vectors of two models must never be compared. */
export async function openDocuments(pool: Pool, embedder: Embedder): Promise<Documents> {
  const table = `node_docs_${embedder.source.fingerprint.slice(0, 8)}`;
  await pool.query(`
    CREATE EXTENSION IF NOT EXISTS vector;
    CREATE TABLE IF NOT EXISTS ${table} (
      id uuid PRIMARY KEY,
      title text NOT NULL,
      source text NOT NULL,
      text text NOT NULL,
      words tsvector GENERATED ALWAYS AS (to_tsvector('english', text)) STORED,
      vector vector(${embedder.dimensions}) NOT NULL
    );
    CREATE INDEX IF NOT EXISTS ${table}_words ON ${table} USING gin (words);
    -- Vectors are normalised, so the inner product is the cosine.
    CREATE INDEX IF NOT EXISTS ${table}_vector ON ${table} USING hnsw (vector vector_ip_ops);
  `);

  async function insert(texts: readonly SourceText[]): Promise<void> {
    const vectors = await embedder.embedDocuments(texts.map(({ text }) => text));
    await pool.query(
      `INSERT INTO ${table} (id, title, source, text, vector)
       SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::vector[])
       ON CONFLICT (id) DO NOTHING`,
      [
        texts.map(({ id }) => id),
        texts.map(({ title }) => title),
        texts.map(({ source }) => source),
        texts.map(({ text }) => text),
        vectors.map(literal),
      ],
    );
  }

  return {
    async add(texts) {
      const ids = texts.map(({ id }) => id);
      const { rows } = await pool.query<{ id: string }>(`SELECT id FROM ${table} WHERE id = ANY($1::uuid[])`, [ids]);
      const known = new Set(rows.map(({ id }) => id));
      for (const slice of inSlices(
        texts.filter(({ id }) => !known.has(id)),
        100,
      ))
        await insert(slice);
      const counted = await pool.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
      return Number(counted.rows[0]!.count);
    },
    async search(question, limit) {
      const vector = literal(await embedder.embedQuery(question));
      return (await pool.query<SourceText>(hybrid(table), [question, vector, limit])).rows;
    },
  };
}

/** Reciprocal rank fusion of the best by words and the best by vectors. */
function hybrid(table: string): string {
  return `
    WITH query AS (
      -- PostgreSQL wants every word of a question in a text, which few texts have: any of them is enough.
      SELECT replace(plainto_tsquery('english', $1)::text, '&', '|')::tsquery AS words
    ), by_words AS (
      SELECT id, row_number() OVER (ORDER BY rank DESC, id) AS place
      FROM (
        SELECT id, ts_rank_cd(${table}.words, query.words) AS rank
        FROM ${table}, query WHERE ${table}.words @@ query.words
        ORDER BY rank DESC, id LIMIT $3
      ) AS best
    ), by_vectors AS (
      SELECT id, row_number() OVER (ORDER BY distance, id) AS place
      FROM (SELECT id, vector <#> $2::vector AS distance FROM ${table} ORDER BY distance LIMIT $3) AS best
    ), fused AS (
      SELECT id, sum(1.0 / (60 + place)) AS score
      FROM (SELECT * FROM by_words UNION ALL SELECT * FROM by_vectors) AS both_ways
      GROUP BY id ORDER BY score DESC, id LIMIT $3
    )
    SELECT id, title, source, text FROM fused JOIN ${table} USING (id) ORDER BY score DESC, id`;
}

/** A vector as pgvector reads it. */
function literal(vector: Float32Array): string {
  return `[${vector.join()}]`;
}
