// A retriever that keeps token rows beside one whose late interaction reads its candidates anew: adding, searching, memory, quality.
//   BGE_JS_DATA=DIR npm run kept-rows -- [--set chroma-chunks] [--queries 40] [--documents 2000]
// The two take turns, document by document and query by query, so that whatever else the machine does befalls both.
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { loadEmbedder, loadReranker } from "@bge-js/core";
import { loadRerankingStage, rerankerFor } from "@bge-js/core/adapter";
import { loadRetriever } from "@bge-js/retriever";
import { keptBytes } from "../../packages/core/dist/rows/format.js";
import { meanWithInterval, ndcg10, readSet } from "../../tools/evaluate/beir.mjs";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: process.env.BGE_JS_DATA },
    set: { type: "string", default: "chroma-chunks" },
    queries: { type: "string", default: "40" },
    documents: { type: "string", default: "2000" },
  },
});
if (!values.data) throw new Error("Name a folder of retrieval sets: --data, or BGE_JS_DATA");
const { documents, queries, relevant } = readSet(join(values.data, values.set), {
  queries: Number(values.queries),
  documents: Number(values.documents),
});
/** Documents that one adds before the other has its turn. */
const TURN = 128;

const quiet = { truncation: "silent" };
const embedder = await loadEmbedder(undefined, quiet);
const late = await loadRerankingStage(embedder.spec.id, { ...quiet, keep: false });
const cross = await loadReranker(rerankerFor(embedder.spec.id), quiet);
const options = { embedder, reranker: cross };
const kept = await loadRetriever({ ...options, lateInteraction: true });
const anew = await loadRetriever({ ...options, lateInteraction: late });

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

const WAYS = { "without cross-encoder": ["lexical", "dense", "lateInteraction"], "with cross-encoder": undefined };
for (const [title, stages] of Object.entries(WAYS)) {
  const seen = { kept: record(), anew: record() };
  for (const [i, { id, text }] of [queries[0], ...queries].entries()) {
    for (const [name, retriever] of Object.entries({ kept, anew })) {
      const before = performance.eventLoopUtilization();
      const { results, timings } = await retriever.search(text, { topN: 10, ...(stages && { stages }) });
      const { active } = performance.eventLoopUtilization(before);
      // The first search is for what is made once.
      if (i === 0) continue;
      seen[name].total.push(timings.total);
      seen[name].late.push(timings.lateInteraction);
      seen[name].here.push(active);
      seen[name].quality.push(
        ndcg10(
          results.map((result) => result.id),
          relevant.get(id),
        ),
      );
    }
  }
  for (const [name, { total, late, here, quality }] of Object.entries(seen)) {
    const { mean, low, high } = meanWithInterval(quality);
    console.log(
      `search ${title}, ${name}: p50 ${p50(total)} ms, of which late interaction ${p50(late)} and the caller's thread ${p50(here)}; ` +
        `nDCG@10 ${mean.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`,
    );
  }
}

await Promise.all([kept, anew, embedder, late, cross].map((one) => one.dispose()));

function record() {
  return { total: [], late: [], here: [], quality: [] };
}

function p50(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)].toFixed(1);
}
