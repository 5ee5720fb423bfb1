// Retrieval quality through the public API, on sets in BEIR layout under BGE_JS_DATA:
//   npm run evaluate -- [--model ID] [--dtype int8] [--queries N] [--no-rerank] scifact chroma-chunks
import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadEmbedder, loadReranker } from "@bge-js/core";
import { meanWithInterval, ndcg10, readSet } from "./beir.mjs";

const { values: options, positionals: sets } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: "string" },
    dtype: { type: "string" },
    queries: { type: "string" },
    "no-rerank": { type: "boolean" },
  },
});
const data = process.env.BGE_JS_DATA;
if (!data || sets.length === 0) {
  console.error("Set BGE_JS_DATA to a folder of retrieval sets, and name one or more of them.");
  process.exit(2);
}

const load = { truncation: "silent", ...(options.dtype ? { dtype: options.dtype } : {}) };
const model =
  options.model && existsSync(options.model) ? { directory: options.model, lateInteraction: true } : options.model;
const embedder = await loadEmbedder(model, load);
const reranker = options["no-rerank"] ? undefined : await loadReranker(model, load);
console.log(`${embedder.spec.id}, ${embedder.source.dtype} (${embedder.source.from} ${embedder.source.fingerprint})`);
console.log("set               documents  queries  nDCG@10 dense [95 %]        reranked, top 100 [95 %]");
for (const name of sets) await evaluate(name);
await embedder.dispose();
await reranker?.dispose();

async function evaluate(name) {
  const { documents, queries, relevant } = readSet(join(data, name));
  const asked = options.queries ? queries.slice(0, Number(options.queries)) : queries;
  const vectors = await embedder.embedDocuments(documents.map(({ text }) => text));
  const dense = [];
  const reranked = [];
  for (const { id, text } of asked) {
    const query = await embedder.embedQuery(text);
    const top = vectors
      .map((vector, index) => ({ index, score: vector.reduce((sum, value, d) => sum + value * query[d], 0) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, 100)
      .map(({ index }) => documents[index]);
    dense.push(
      ndcg10(
        top.map((document) => document.id),
        relevant.get(id),
      ),
    );
    if (reranker === undefined) continue;
    const order = await reranker.rerank(
      text,
      top.map((document) => document.text),
    );
    reranked.push(
      ndcg10(
        order.map(({ index }) => top[index].id),
        relevant.get(id),
      ),
    );
  }
  const show = (list) => {
    if (list.length === 0) return "-";
    const { mean, low, high } = meanWithInterval(list);
    return `${mean.toFixed(4)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
  };
  console.log(
    `${name.padEnd(17)} ${String(documents.length).padStart(9)}  ${String(asked.length).padStart(7)}  ${show(dense).padEnd(26)}  ${show(reranked)}`,
  );
}
