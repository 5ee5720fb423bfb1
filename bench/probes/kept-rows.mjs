// A retriever that keeps token rows beside one whose late interaction reads its candidates anew: adding, searching, memory, quality.
//   BGE_JS_DATA=DIR npm run kept-rows -- [--set chroma-chunks] [--queries 40] [--documents 2000] [--out FOLDER]
// The second reads as many with the cross-encoder as was the default before rows were kept. The two take turns, document by document and
// query by query, so that whatever else the machine does befalls both. --out gets a plot of quality against milliseconds.
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { loadEmbedder, loadReranker } from "@bge-js/core";
import { loadRerankingStage, rerankerFor } from "@bge-js/core/adapter";
import { loadRetriever } from "@bge-js/retriever";
import { keptBytes } from "../../packages/core/dist/rows/format.js";
import { meanWithInterval, ndcg10, readSet } from "../../tools/evaluate/beir.mjs";
import { plot } from "../../tools/evaluate/plot.mjs";
import { watchLoop } from "../measurements/event-loop.mjs";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: process.env.BGE_JS_DATA },
    set: { type: "string", default: "chroma-chunks" },
    queries: { type: "string", default: "40" },
    documents: { type: "string", default: "2000" },
    out: { type: "string" },
  },
});
if (!values.data) throw new Error("Name a folder of retrieval sets: --data, or BGE_JS_DATA");
const { documents, queries, relevant } = readSet(join(values.data, values.set), {
  queries: Number(values.queries),
  documents: Number(values.documents),
});
/** Documents that one adds before the other has its turn. */
const TURN = 128;
/** How many the cross-encoder read by default before rows were kept. */
const READ_BEFORE = 40;
/** Times that the hundred texts are embedded, which search times are compared with. */
const ROUNDS = 3;

const quiet = { truncation: "silent" };
const embedder = await loadEmbedder(undefined, quiet);
const late = await loadRerankingStage(embedder.spec.id, { ...quiet, keep: false });
const cross = await loadReranker(rerankerFor(embedder.spec.id), quiet);
const options = { embedder, reranker: cross };
const kept = await loadRetriever({ ...options, lateInteraction: true });
const anew = await loadRetriever({ ...options, lateInteraction: late, candidates: { crossEncoder: READ_BEFORE } });

const counts = await embedder.countTokens(documents.map(({ text }) => text));
const tokens = counts.reduce((sum, count) => sum + Math.min(count, embedder.maxTokens), 0);
const [{ model }] = cpus();
console.log(`${model.trim()}, ${availableParallelism()} threads, Node ${process.version}`);
console.log(`${values.set}: ${documents.length} documents, ${Math.round(tokens / documents.length)} tokens each`);

const added = { kept: 0, anew: 0 };
for (let from = 0; from < documents.length; from += TURN) {
  for (const [name, retriever] of Object.entries({ kept, anew })) {
    const start = performance.now();
    await retriever.add(documents.slice(from, from + TURN));
    // The first turn starts the workers.
    if (from > 0) added[name] += performance.now() - start;
  }
}
const timed = documents.length - TURN;
for (const [name, ms] of Object.entries(added)) {
  const rate = (timed / ms) * 1000;
  console.log(
    `add, ${name}: ${rate.toFixed(1)} documents a second (${(added[name] / added.anew).toFixed(3)} times the time)`,
  );
}
const rowBytes = counts.reduce((sum, count) => {
  // [CLS] is left out.
  const own = Math.min(count, embedder.maxTokens) - 1;
  return sum + keptBytes(own, Math.ceil(own / 2), embedder.spec.dimensions, 2);
}, 0);
console.log(
  `rows: ${(rowBytes / documents.length).toFixed(0)} bytes a document, ${(rowBytes / tokens).toFixed(1)} a token`,
);

const hundred = documents.slice(0, 100).map(({ text }) => text);
const embedding = [];
for (let round = 0; round < ROUNDS; round++) {
  const start = performance.now();
  await embedder.embedDocuments(hundred);
  embedding.push(performance.now() - start);
}
console.log(`embedding a hundred of them: ${p50(embedding).toFixed(0)} ms`);

const WAYS = {
  "words and vectors": ["lexical", "dense"],
  "late interaction": ["lexical", "dense", "lateInteraction"],
  "cross-encoder": ["lexical", "dense", "lateInteraction", "crossEncoder"],
};
const points = [];
for (const [title, stages] of Object.entries(WAYS)) {
  const seen = { kept: record(), anew: record() };
  for (const [i, { id, text }] of [queries[0], ...queries].entries()) {
    for (const [name, retriever] of Object.entries({ kept, anew })) {
      const loop = watchLoop();
      const before = performance.eventLoopUtilization();
      const { results, timings } = await retriever.search(text, { topN: 10, stages });
      const { active } = performance.eventLoopUtilization(before);
      const { longest } = loop.stop();
      // The first search is for what is made once.
      if (i === 0) continue;
      seen[name].total.push(timings.total);
      seen[name].late.push(timings.lateInteraction ?? 0);
      seen[name].here.push(active);
      seen[name].longest.push(longest);
      seen[name].quality.push(
        ndcg10(
          results.map((result) => result.id),
          relevant.get(id),
        ),
      );
    }
  }
  for (const [name, { total, late, here, longest, quality }] of Object.entries(seen)) {
    const { mean, low, high } = meanWithInterval(quality);
    const ms = p50(total);
    console.log(
      `search to ${title}, ${name}: p50 ${ms.toFixed(1)} ms, ${(ms / p50(embedding)).toFixed(4)} of embedding a hundred; late interaction ${p50(late).toFixed(1)} ms, ` +
        `the caller's thread ${p50(here).toFixed(1)} ms; longest stall of its loop p50 ${p50(longest).toFixed(1)}, p99 ${quantile(longest, 0.99).toFixed(1)} ms; ` +
        `nDCG@10 ${mean.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`,
    );
    points.push({ set: name === "kept" ? "rows kept" : "read anew", stage: title, ms, mean, low, high });
  }
}
if (values.out) {
  mkdirSync(values.out, { recursive: true });
  const order = (set) => points.filter((point) => point.set === set);
  writeFileSync(join(values.out, "search.svg"), plot([...order("read anew"), ...order("rows kept")]));
}

await Promise.all([kept, anew, embedder, late, cross].map((one) => one.dispose()));

function record() {
  return { total: [], late: [], here: [], longest: [], quality: [] };
}

function p50(values) {
  return quantile(values, 0.5);
}

function quantile(values, share) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)];
}
