// Quality and time of retrieval and reranking through the public API, on sets in BEIR layout:
//   npm run eval -- --data DIR --sets scifact,mbpp:test [--embedder ID] [--directory FOLDER] [--dtype fp32] [--reranker ID]
//     [--reranker-directory FOLDER] [--reranker-dtype fp32] [--queries N] [--documents N] [--time N] [--cache DIR] [--out DIR] [--first-stage]
// Without --embedder it is the embedded default, with its own reranker. Dense vectors and cross-encoder scores are kept in the cache
// between runs, token vectors in memory during one; times are measured without any of that, on --time queries of each set.
// --ways "dense; dense, fused reranker" runs these alone. --first-stage leaves the rerankers out. --out gets the table, a plot, and for check.py each ranking and what was made of it.
import { mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadEmbedder, loadReranker } from "@bge-js/core";
import { rerankerFor } from "@bge-js/core/adapter";
import { loadRetriever } from "@bge-js/retriever";
import { meanWithInterval, mrr10, ndcg10, readSet, recall100 } from "./beir.mjs";
import { keepScores, keepVectors } from "./cache.mjs";
import { fuseKept, keepTokens } from "./late.mjs";
import { plot } from "./plot.mjs";

const { values: options } = parseArgs({
  options: {
    data: { type: "string", default: process.env.BGE_JS_DATA },
    sets: { type: "string" },
    embedder: { type: "string" },
    directory: { type: "string" },
    dtype: { type: "string" },
    reranker: { type: "string" },
    "reranker-directory": { type: "string" },
    "reranker-dtype": { type: "string" },
    queries: { type: "string" },
    documents: { type: "string" },
    time: { type: "string", default: "5" },
    cache: { type: "string", default: join(homedir(), ".cache", "bge-js", "evaluate") },
    out: { type: "string" },
    "first-stage": { type: "boolean" },
    ways: { type: "string" },
  },
});
if (!options.data || !options.sets) {
  console.error("Name a folder of retrieval sets (--data, or BGE_JS_DATA) and some of them: --sets scifact,mbpp:test");
  process.exit(2);
}

const METRICS = { "nDCG@10": ndcg10, "MRR@10": mrr10, "recall@100": recall100 };
const load = { truncation: "silent" };
const { embedder: id, directory, dtype } = options;
// With both, the folder's weights under the facts (the instruction among them) of a known model.
const model = directory ? { directory, ...(id ? { id } : {}) } : id;
const ofEmbedder = { ...load, ...(dtype ? { dtype } : {}) };
const embedder = await loadEmbedder(model, ofEmbedder);
const keptEmbedder = keepVectors(embedder, options.cache);
const rereads = !options["first-stage"] && embedder.spec.lateInteraction === true;
// Late interaction asks without the instruction.
const asker = rereads ? await loadEmbedder(model, { ...ofEmbedder, queryInstruction: false }) : undefined;
const late = rereads ? await loadReranker(model ?? embedder.spec.id, ofEmbedder) : undefined;
const crossId = options.reranker ?? rerankerFor(embedder.spec.id);
const ofCross = { directory: options["reranker-directory"], dtype: options["reranker-dtype"] };
const cross =
  rereads && crossId
    ? await loadReranker(ofCross.directory ? { id: crossId, directory: ofCross.directory } : crossId, {
        ...load,
        ...(ofCross.dtype && { dtype: ofCross.dtype }),
      })
    : undefined;
const isFused = cross?.spec.fusedWith === embedder.spec.id;
// Loaded as users load it, to compare with and to measure its time: the embedded files alone.
const fused =
  isFused && !directory && !ofCross.directory ? await loadReranker(crossId, { ...load, scale: "fused" }) : undefined;
const matches = rereads ? keepTokens(embedder, asker) : undefined;
const keptCross = cross && keepScores(cross, options.cache);

/** As users have it: the embedder's own rows, compressed as documents are added, for which it has to read them. */
const ownRows = { embedder, lateInteraction: true };
const denseFirst = {
  stages: ["dense", "lateInteraction"],
  settings: { weights: { dense: 0 }, candidates: { lateInteraction: 100 } },
};
/** Each way to search: the rerankers whose work is kept, the same for measuring time, and the stages that run. */
const allWays = [
  { name: "BM25", stages: ["lexical"] },
  { name: "dense", stages: ["dense"] },
  { name: "BM25 + dense" },
  ...(late
    ? [
        {
          name: "dense, plain late interaction",
          kept: { reranker: matches.plain },
          fresh: { reranker: late },
          ...denseFirst,
        },
        { name: "dense, late interaction", kept: { reranker: matches.byCandidates }, fresh: null, ...denseFirst },
      ]
    : []),
  ...(isFused
    ? [
        {
          name: "dense, fused reranker",
          kept: { reranker: fuseKept(matches.byCandidates, keptCross) },
          fresh: fused ? { reranker: fused } : null,
          ...denseFirst,
        },
      ]
    : []),
  ...(cross
    ? [
        {
          name: "dense, cross-encoder",
          kept: { reranker: keptCross },
          fresh: { reranker: cross },
          stages: ["dense", "crossEncoder"],
          settings: { weights: { dense: 0 } },
        },
      ]
    : []),
  ...(late
    ? [
        {
          name: "BM25 + dense, late interaction",
          kept: ownRows,
          fresh: ownRows,
        },
      ]
    : []),
  ...(cross
    ? [
        { name: "BM25 + dense, cross-encoder", kept: { reranker: keptCross }, fresh: { reranker: cross } },
        {
          name: "pipeline",
          kept: { reranker: keptCross, ...ownRows },
          fresh: { reranker: cross, ...ownRows },
        },
      ]
    : []),
];
const asked = options.ways?.split(";").map((name) => name.trim());
const ways = allWays.filter(({ name }) => asked?.includes(name) ?? true);
if (ways.length === 0) throw new Error(`--ways has none of ${allWays.map(({ name }) => name).join("; ")}`);
const title = `${embedder.spec.id}, ${embedder.source.dtype} (${embedder.source.fingerprint})`;
const report = [
  `${title}${cross ? `; ${cross.spec.id}, ${cross.source.dtype} (${cross.source.fingerprint})` : ""}`,
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
await Promise.all([embedder, asker, late, cross, fused].map((one) => one?.dispose()));

async function evaluate(set) {
  const [name, split] = set.split(":");
  const number = (value) => (value === undefined ? undefined : Number(value));
  const { documents, queries, relevant } = readSet(join(options.data, name), {
    split,
    queries: number(options.queries),
    documents: number(options.documents),
  });
  const label = `${set}, ${queries.length} queries, ${documents.length} documents`;
  if (fused) await checkAgreement(queries[0].text, documents.slice(0, 100));
  for (const { name: way, kept, fresh, stages, settings } of ways) {
    const search = stages ? { stages } : {};
    const retriever = await openRetriever(kept, settings);
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
    const ms =
      fresh === null ? undefined : await timeOf(documents, queries, await openRetriever(fresh, settings), search);
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
  matches?.forget();
}

function openRetriever(rerankers, settings) {
  return loadRetriever({
    embedder: keptEmbedder,
    reranker: false,
    lateInteraction: false,
    ...rerankers,
    ...settings,
  });
}

/** What is kept must be what the reranker itself computes. */
async function checkAgreement(query, documents) {
  const texts = documents.map(({ text }) => text);
  const [own, composed] = [
    await fused.score(query, texts),
    await fuseKept(matches.byCandidates, keptCross).score(query, texts),
  ];
  const apart = Math.max(...own.map((score, i) => Math.abs(score - composed[i])));
  if (!(apart < 1e-4)) throw new Error(`the reranker's own scores are up to ${apart} away from those computed here`);
}

/** Milliseconds of a search, the mean over some queries, the models' own work and nothing kept. */
async function timeOf(documents, queries, retriever, search) {
  const asked = queries.slice(0, Number(options.time));
  let total = 0;
  if (asked.length > 0) {
    await retriever.add(documents);
    await retriever.search(asked[0].text, search);
    for (const { text } of asked) total += (await retriever.search(text, search)).timings.total;
  }
  await retriever.dispose();
  return asked.length === 0 ? undefined : total / asked.length;
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
