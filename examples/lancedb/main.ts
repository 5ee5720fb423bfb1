// LanceDB, in a folder, without a server: a hundred texts are found by words and by vectors, and a reranker chooses three of them.
// What it has read of the texts is kept beside them.
import { join } from "node:path";
import { loadEmbedder, loadReranker, onEvent } from "@bge-js/core";
import { openStore } from "@bge-js/store";
import { connect } from "@lancedb/lancedb";
import { NODE_DOCS, QUESTIONS } from "../node-docs.js";
import { openDocuments } from "./documents.js";

const folder = process.argv[2] ?? ".index/lancedb";
await using keep = await openStore({ directory: join(folder, "rows") });
await using embedder = await loadEmbedder(undefined, { keep });
await using reranker = await loadReranker(undefined, { keep });

const database = await connect(join(folder, "tables"));
const documents = await openDocuments(database, embedder);
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
database.close();
