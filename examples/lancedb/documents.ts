import type { Embedder } from "@bge-js/core";
import { type Connection, Index, rerankers, type Table } from "@lancedb/lancedb";
import { Field, FixedSizeList, Float32, Schema, Utf8 } from "apache-arrow";
import type { SourceText } from "../demo/documents.js";
import { inSlices } from "../demo/slices.js";

/** Texts in a table, with their words and vectors. */
export interface Documents {
  /** Embeds and stores those that are not there yet. Resolves to how many texts the table has then. */
  add(texts: readonly SourceText[]): Promise<number>;
  /** Resolves to the best by words and by vectors, best first. */
  search(question: string, limit: number): Promise<SourceText[]>;
}

const COLUMNS = ["id", "title", "source", "text"] as const;

/** The table has the model's fingerprint in its name: vectors of two models must never be compared. */
export async function openDocuments(database: Connection, embedder: Embedder): Promise<Documents> {
  const name = `node_docs_${embedder.source.fingerprint.slice(0, 8)}`;
  // The numbers are nullable in every table of LanceDB's, which refuses to open one by another schema.
  const vector = new FixedSizeList(embedder.dimensions, new Field("item", new Float32(), true));
  const schema = new Schema([...COLUMNS.map((column) => new Field(column, new Utf8())), new Field("vector", vector)]);
  const table = await database.createEmptyTable(name, schema, { existOk: true });
  // Reciprocal rank fusion of the best by words (BM25) and the best by vectors.
  const fusion = await rerankers.RRFReranker.create();

  return {
    async add(texts) {
      const rows: { id: string }[] = await table.query().select(["id"]).toArray();
      const known = new Set(rows.map(({ id }) => id));
      for (const slice of inSlices(
        texts.filter(({ id }) => !known.has(id)),
        100,
      )) {
        const vectors = await embedder.embedDocuments(slice.map(({ text }) => text));
        const records = slice.map((text, i) => ({ ...text, vector: vectors[i]! }));
        await table.mergeInsert("id").whenNotMatchedInsertAll().execute(records);
      }
      await indexWords(table);
      return table.countRows();
    },
    async search(question, limit) {
      const rows: SourceText[] = await table
        .query()
        .nearestTo(await embedder.embedQuery(question))
        .fullTextSearch(question, { columns: "text" })
        .rerank(fusion)
        .limit(limit)
        .toArray();
      return rows.map(({ id, title, source, text }) => ({ id, title, source, text })); // out of Arrow's memory
    },
  };
}

/** Makes the index of words, or takes what was added into it. Vectors need an index only beyond some hundred thousand. */
async function indexWords(table: Table): Promise<void> {
  const indices = await table.listIndices();
  if (indices.some(({ columns }) => columns.includes("text"))) await table.optimize();
  else await table.createIndex("text", { config: Index.fts() });
}
