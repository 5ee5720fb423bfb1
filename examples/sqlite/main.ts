// SQLite with sqlite-vec, all in one file: a hundred texts are found by words (FTS5) and by vectors, and a reranker chooses three
// of them. What it has read of the texts is kept in the same file. Needs Node 22.16 or newer, whose node:sqlite has FTS5.
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { loadEmbedder, loadReranker, onEvent } from "@bge-js/core";
import { NODE_DOCS, QUESTIONS } from "../node-docs.js";
import { openDatabase } from "./database.js";
import { openDocuments } from "./documents.js";
import { openRows } from "./rows.js";

const file = process.argv[2] ?? ".index/sqlite/node-docs.db";
mkdirSync(dirname(file), { recursive: true });
using database = openDatabase(file);

const keep = openRows(database);
await using embedder = await loadEmbedder(undefined, { keep });
await using reranker = await loadReranker(undefined, { keep });

const documents = openDocuments(database, embedder);
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
