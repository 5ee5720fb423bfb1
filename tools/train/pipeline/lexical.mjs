/** BM25 as the retriever computes it: `{ documents, queries }` as JSON on stdin, float64 [queries, documents] on stdout. */
import { readFileSync } from "node:fs";
import { createLexicalIndex } from "../../../packages/retriever/dist/bm25.js";

const { documents, queries } = JSON.parse(readFileSync(0, "utf8"));
const index = createLexicalIndex();
for (const [slot, text] of documents.entries()) index.add(slot, text);
const rows = queries.map((query) => Buffer.from(index.score(query, documents.length).buffer));
process.stdout.write(Buffer.concat(rows));
