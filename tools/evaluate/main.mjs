// Retrieval quality through the public API, on sets in BEIR layout under BGE_JS_DATA:
//   npm run evaluate -- [--model ID] [--directory FOLDER] [--dtype int8] [--queries N] [--no-rerank] scifact chroma-chunks
// Reranking embeds each document's tokens once and scores them here, as `reranker.score` does; the first query of each set is
// scored by the reranker itself as well, and must agree.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadEmbedder, loadReranker } from "@bge-js/core";
import { meanWithInterval, ndcg10, readSet } from "./beir.mjs";

const CANDIDATES = 100;
const { values: options, positionals: sets } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: "string" },
    directory: { type: "string" },
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
// With both, the folder's weights under the facts (the instruction among them) of a known model.
const { directory, model: id } = options;
const model = directory ? { directory, lateInteraction: true, ...(id ? { id } : {}) } : id;
const embedder = await loadEmbedder(model, load);
const reranker = options["no-rerank"] ? undefined : await loadReranker(model ?? embedder.spec.id, load);
// Late interaction asks without the instruction.
const asker = await loadEmbedder(model, { ...load, queryInstruction: false });
console.log(`${embedder.spec.id}, ${embedder.source.dtype} (${embedder.source.from} ${embedder.source.fingerprint})`);
console.log("set               documents  queries  nDCG@10 dense [95 %]        reranked, top 100 [95 %]");
for (const name of sets) await evaluate(name);
await Promise.all([embedder, asker, reranker].map((one) => one?.dispose()));

async function evaluate(name) {
  const { documents, queries, relevant } = readSet(join(data, name));
  const asked = options.queries ? queries.slice(0, Number(options.queries)) : queries;
  const vectors = await embedder.embedDocuments(documents.map(({ text }) => text));
  const tokens = new Map();
  const dense = [];
  const reranked = [];
  for (const { id, text } of asked) {
    const query = await embedder.embedQuery(text);
    const top = vectors
      .map((vector, index) => ({ index, score: dot(vector, 0, query, 0, query.length) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, CANDIDATES)
      .map(({ index }) => documents[index]);
    const judged = relevant.get(id);
    dense.push(ndcg10(ids(top), judged));
    if (reranker === undefined) continue;
    const scores = await scoreAll(text, top, tokens);
    if (reranked.length === 0) await checkAgreement(text, top, scores);
    const order = top.map((document, i) => ({ document, score: scores[i] })).sort((a, b) => b.score - a.score);
    reranked.push(ndcg10(ids(order.map(({ document }) => document)), judged));
  }
  const counts = `${String(documents.length).padStart(9)}  ${String(asked.length).padStart(7)}`;
  console.log(`${name.padEnd(17)} ${counts}  ${show(dense).padEnd(26)}  ${show(reranked)}`);
}

async function scoreAll(query, documents, tokens) {
  const missing = documents.filter(({ id }) => !tokens.has(id));
  const rows = await embedder.embedTokens(
    missing.map(({ text }) => text),
    { inputType: "document" },
  );
  for (const [i, { id }] of missing.entries()) tokens.set(id, rows[i]);
  const [asked] = await asker.embedTokens([query], { inputType: "query" });
  return documents.map(({ id }) => maxSim(asked, tokens.get(id)));
}

/** The mean over the query's tokens of the best cosine among the document's, without [CLS] on both sides. */
function maxSim(query, document) {
  const { dimensions } = query;
  let sum = 0;
  for (let q = 1; q < query.rows; q++) {
    let best = Number.NEGATIVE_INFINITY;
    for (let d = 1; d < document.rows; d++) {
      const cosine = dot(query.data, q * dimensions, document.data, d * dimensions, dimensions);
      if (cosine > best) best = cosine;
    }
    sum += best;
  }
  return sum / (query.rows - 1);
}

async function checkAgreement(query, documents, scores) {
  const own = await reranker.score(
    query,
    documents.map(({ text }) => text),
  );
  const apart = Math.max(...own.map((score, i) => Math.abs(score - scores[i])));
  if (apart > 1e-5) throw new Error(`the reranker's own scores are up to ${apart} away from those computed here`);
}

function dot(a, i, b, j, length) {
  let sum = 0;
  for (let d = 0; d < length; d++) sum += a[i + d] * b[j + d];
  return sum;
}

function ids(documents) {
  return documents.map(({ id }) => id);
}

function show(list) {
  if (list.length === 0) return "-";
  const { mean, low, high } = meanWithInterval(list);
  return `${mean.toFixed(4)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
}
