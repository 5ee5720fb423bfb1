// What a reranker's memory saves: rerank of a hundred texts that were never seen, and of the same again.
//   BGE_JS_DATA=DIR npm run remember -- [--set chroma-chunks] [--queries 20] [--texts 100]
// Each way reranks in turn for each query, so that whatever else the machine does befalls all of them.
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import { loadEmbedder, loadReranker } from "@bge-js/core";
import { openStore } from "@bge-js/store";
import { readSet } from "../../tools/evaluate/beir.mjs";

const { values } = parseArgs({
  options: {
    data: { type: "string", default: process.env.BGE_JS_DATA },
    set: { type: "string", default: "chroma-chunks" },
    queries: { type: "string", default: "20" },
    texts: { type: "string", default: "100" },
  },
});
if (!values.data) throw new Error("Name a folder of retrieval sets: --data, or BGE_JS_DATA");
const queries = Number(values.queries);
const count = Number(values.texts);
const set = readSet(join(values.data, values.set), { queries, documents: count * queries });
const texts = set.documents.map(({ text }) => text);
/** Texts of their own for each query. */
const textsOf = (query) => Array.from({ length: count }, (_, i) => texts[(query * count + i) % texts.length]);

const quiet = { truncation: "silent" };
const directory = mkdtempSync(join(tmpdir(), "bge-js-remember-"));
const store = await openStore({ directory });
const embedder = await loadEmbedder(undefined, quiet);
const late = "BAAI/bge-small-en-v1.5";
const ways = {
  "late interaction, nothing kept": await loadReranker(late, { ...quiet, keep: false }),
  "late interaction, kept in memory": await loadReranker(late, { ...quiet, keep: { maxBytes: 1e9 } }),
  "late interaction, kept in a store": await loadReranker(late, { ...quiet, keep: store }),
  "default, kept in memory": await loadReranker(undefined, { ...quiet, keep: { maxBytes: 1e9 } }),
};
const [{ model }] = cpus();
console.log(`${model.trim()}, ${availableParallelism()} threads, Node ${process.version}`);

// The first calls start the workers.
for (const reranker of Object.values(ways)) await reranker.rerank("what is a panda?", ["a bear", "a city"]);
await embedder.embedDocuments(texts.slice(0, 8));
const seen = new Map();
for (let i = 0; i < queries; i++) {
  const { text } = set.queries[i % set.queries.length];
  const own = textsOf(i);
  await time("embedding the same texts", () => embedder.embedDocuments(own));
  for (const [name, reranker] of Object.entries(ways)) {
    await time(`${name}: unseen`, () => reranker.rerank(text, own));
    await time(`${name}: seen`, () => reranker.rerank(text, own));
  }
}
for (const [name, all] of seen) {
  const [ms, here] = [0, 1].map((part) => all.map((one) => one[part]).toSorted((a, b) => a - b)[all.length >> 1]);
  console.log(`${name}: p50 ${ms.toFixed(1)} ms, of which the caller's thread ${here.toFixed(1)}`);
}
await Promise.all([embedder, store, ...Object.values(ways)].map((one) => one.dispose()));
rmSync(directory, { recursive: true });

async function time(name, work) {
  const before = performance.eventLoopUtilization();
  const start = performance.now();
  await work();
  const ms = performance.now() - start;
  const { active } = performance.eventLoopUtilization(before);
  seen.set(name, [...(seen.get(name) ?? []), [ms, active]]);
}
