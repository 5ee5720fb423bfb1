// PostgreSQL with pgvector: one statement finds a hundred texts by words and by vectors, and a reranker chooses three of them.
// What it has read of the texts is kept in the same database. DATABASE_URL names a PostgreSQL that has pgvector.
import { loadEmbedder, loadReranker, onEvent } from "@bge-js/core";
import { postgresRows } from "@bge-js/ingest";
import pg from "pg";
import { NODE_DOCS, QUESTIONS } from "../node-docs.js";
import { openDocuments } from "./documents.js";

const connectionString = process.env["DATABASE_URL"];
if (!connectionString) throw new Error("Set DATABASE_URL to a PostgreSQL that has pgvector.");
const pool = new pg.Pool({
  connectionString,
  // An HNSW index finds 40 texts at most unless it is told to look at more.
  onConnect: (client) => client.query("SET hnsw.ef_search = 100"),
});

const keep = await postgresRows({ query: (text, values) => pool.query(text, values), table: "bge_js_rows" });
const embedder = await loadEmbedder(undefined, { keep });
const reranker = await loadReranker(undefined, { keep });

const documents = await openDocuments(pool, embedder);
console.log(`${await documents.add(NODE_DOCS)} texts stored`);

let read = 0;
onEvent("bge-js:keep", (event) => {
  read += event.read;
});
for (const question of QUESTIONS) {
  const found = await documents.search(question, 100);
  const best = await reranker.rerank(
    question,
    found.map(({ text }) => text),
    { topN: 3 },
  );
  console.log(`\n? ${question}`);
  for (const { index } of best) console.log(`  ${found[index]!.title} (place ${index + 1} of ${found.length} before)`);
}
console.log(`\n${read} texts read by late interaction: all were kept`);

await Promise.all([embedder.dispose(), reranker.dispose(), pool.end()]);
