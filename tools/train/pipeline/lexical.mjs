/** BM25 as the retriever computes it: `{ documents, queries }` as JSON on stdin, float64 [queries, documents] on stdout. */
import { readFileSync } from "node:fs";
import { openLexical } from "../../evaluate/lexical.mjs";

const { documents, queries } = JSON.parse(readFileSync(0, "utf8"));
const { index } = await openLexical();
const score = index(documents);
const rows = [];
for (const query of queries) rows.push(Buffer.from((await score(query)).buffer));
process.stdout.write(Buffer.concat(rows));
