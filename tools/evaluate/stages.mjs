// Quality and time of each stage of `loadRetriever`, on sets in BEIR layout:
//   npm run eval -- --data DIR --sets scifact,mbpp:test [--embedder ID] [--reranker ID] [--queries N] [--documents N]
//     [--time N] [--cache DIR] [--out DIR] [--first-stage]
// Vectors and rerankers' scores are kept in the cache between runs; times are measured without it, on --time queries of each set.
// --first-stage leaves the rerankers out. --out gets the table, a plot, and for check.py each ranking and what was made of it.
import { mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadEmbedder, loadReranker, loadRetriever } from "@bge-js/core";
import { meanWithInterval, mrr10, ndcg10, readSet, recall100 } from "./beir.mjs";
import { keepScores, keepVectors } from "./cache.mjs";
import { plot } from "./plot.mjs";

const { values: options } = parseArgs({
  options: {
    data: { type: "string", default: process.env.BGE_JS_DATA },
    sets: { type: "string" },
    embedder: { type: "string" },
    reranker: { type: "string" },
    queries: { type: "string" },
    documents: { type: "string" },
    time: { type: "string", default: "5" },
    cache: { type: "string", default: join(homedir(), ".cache", "bge-js", "evaluate") },
    out: { type: "string" },
    "first-stage": { type: "boolean" },
  },
});
if (!options.data || !options.sets) {
  console.error("Name a folder of retrieval sets (--data, or BGE_JS_DATA) and some of them: --sets scifact,mbpp:test");
  process.exit(2);
}

const METRICS = { "nDCG@10": ndcg10, "MRR@10": mrr10, "recall@100": recall100 };
const load = { truncation: "silent" };
const embedder = await loadEmbedder(options.embedder, load);
const models = { embedder: keepVectors(embedder, options.cache) };
const rereads = !options["first-stage"];
const late = rereads && embedder.spec.lateInteraction ? await loadReranker(options.embedder, load) : undefined;
const cross = rereads && options.reranker ? await loadReranker(options.reranker, load) : undefined;
const kept = late && keepScores(late, options.cache);
/** Each way to search: what is loaded, the same without the cache, and the stages that run. */
const ways = [
  { name: "BM25", fresh: { reranker: false }, stages: ["lexical"] },
  { name: "dense", fresh: { reranker: false }, stages: ["dense"] },
  { name: "fused", fresh: { reranker: false } },
  ...(late
    ? [
        {
          name: "dense, late",
          given: kept,
          fresh: { reranker: late, weights: { dense: 0 } },
          stages: ["dense", "lateInteraction"],
        },
        { name: "pipeline", given: kept, fresh: { reranker: late } },
      ]
    : []),
  // The cross-encoder keeps its scores; late interaction before it is computed anew.
  ...(cross
    ? [{ name: "with cross-encoder", given: keepScores(cross, options.cache), fresh: { reranker: cross } }]
    : []),
];
const report = [
  `${embedder.spec.id}, ${embedder.source.dtype} (${embedder.source.fingerprint})${cross ? `; ${cross.spec.id}` : ""}`,
  "",
  `| set | stages | ${Object.keys(METRICS).join(" | ")} | ms a query |`,
  `| --- | --- | ${Object.keys(METRICS)
    .map(() => "---")
    .join(" | ")} | --- |`,
];
const points = [];
console.log(report.join("\n"));
for (const set of options.sets.split(",")) await evaluate(set);
if (options.out) {
  mkdirSync(options.out, { recursive: true });
  writeFileSync(join(options.out, "table.md"), `${report.join("\n")}\n`);
  if (points.length > 0) writeFileSync(join(options.out, "plot.svg"), plot(points));
}
await Promise.all([embedder, late, cross].map((model) => model?.dispose()));

async function evaluate(set) {
  const [name, split] = set.split(":");
  const number = (value) => (value === undefined ? undefined : Number(value));
  const { documents, queries, relevant } = readSet(join(options.data, name), {
    split,
    queries: number(options.queries),
    documents: number(options.documents),
  });
  const label = `${set}, ${queries.length} queries, ${documents.length} documents`;
  for (const { name: way, given, fresh, stages } of ways) {
    const search = stages ? { stages } : {};
    const retriever = await loadRetriever({ ...models, ...fresh, ...(given && { reranker: given }) });
    await retriever.add(documents);
    const rankings = new Map();
    for (const { id, text } of queries) {
      const { results } = await retriever.search(text, { ...search, topN: 100 });
      rankings.set(
        id,
        results.map((result) => result.id),
      );
    }
    await retriever.dispose();
    const ms = await timeOf(documents, queries, fresh, search);
    const perQuery = Object.entries(METRICS).map(([metric, of]) => [
      metric,
      queries.map(({ id }) => of(rankings.get(id), relevant.get(id))),
    ]);
    const cells = perQuery.map(([, values]) => show(meanWithInterval(values)));
    const row = `| ${label} | ${way} | ${cells.join(" | ")} | ${ms?.toFixed(1) ?? "-"} |`;
    report.push(row);
    console.log(row);
    if (ms !== undefined) points.push({ set: name, stage: way, ms, ...meanWithInterval(perQuery[0][1]) });
    if (options.out) writeRun(`${name}-${way.replaceAll(/\W+/g, "-")}`, queries, rankings, relevant, perQuery);
  }
}

/** Milliseconds of a search, the mean over some queries, the models' own work and nothing kept. */
async function timeOf(documents, queries, fresh, search) {
  const asked = queries.slice(0, Number(options.time));
  if (asked.length === 0) return undefined;
  const retriever = await loadRetriever({ ...models, ...fresh });
  await retriever.add(documents);
  await retriever.search(asked[0].text, search);
  let total = 0;
  for (const { text } of asked) total += (await retriever.search(text, search)).timings.total;
  await retriever.dispose();
  return total / asked.length;
}

function writeRun(name, queries, rankings, relevant, perQuery) {
  mkdirSync(options.out, { recursive: true });
  const records = queries.map(({ id }, i) => ({
    query: id,
    ranking: rankings.get(id),
    relevant: Object.fromEntries(relevant.get(id)),
    metrics: Object.fromEntries(perQuery.map(([metric, values]) => [metric, values[i]])),
  }));
  writeFileSync(join(options.out, `${name}.json`), JSON.stringify(records));
}

function show({ mean, low, high }) {
  return `${mean.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
}
