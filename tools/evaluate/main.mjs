// Quality and time of retrieval and reranking through the public API, on sets in BEIR layout:
//   npm run eval -- --data DIR --sets scifact,mbpp:test [--embedder ID] [--directory FOLDER] [--dtype fp32] [--reranker ID]
//     [--reranker-directory FOLDER] [--reranker-dtype fp32] [--queries N] [--documents N] [--time N] [--cache DIR] [--out DIR] [--first-stage]
// Without --embedder it is the embedded default, with its own reranker. Dense vectors and cross-encoder scores are kept in the cache
// between runs, token rows in memory during one; times are measured without what is kept between runs, on --time queries of each set.
// --ways "dense; dense, fused reranker" runs these alone. --first-stage leaves the rerankers out. --out gets the table, a plot, and for check.py each ranking and what was made of it.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadEmbedder, loadReranker } from "@bge-js/core";
import { rerankerFor } from "@bge-js/core/adapter";
import { loadRetriever } from "@bge-js/retriever";
import { meanWithInterval, mrr10, ndcg10, readSet, recall100 } from "./beir.mjs";
import { keepScores, keepVectors } from "./cache.mjs";
import { setOptions } from "./options.mjs";
import { plot } from "./plot.mjs";

const options = setOptions("scifact,mbpp:test", {
  directory: { type: "string" },
  dtype: { type: "string" },
  reranker: { type: "string" },
  "reranker-directory": { type: "string" },
  "reranker-dtype": { type: "string" },
  time: { type: "string", default: "5" },
  out: { type: "string" },
  "first-stage": { type: "boolean" },
  ways: { type: "string" },
});

/** No reranker. */
const NONE = {};
/** Of a reranker, so that it reads each document once in a run. */
const ALL_ROWS = { maxBytes: 2 ** 30 };
const METRICS = { "nDCG@10": ndcg10, "MRR@10": mrr10, "recall@100": recall100 };
const load = { truncation: "silent" };
const { embedder: id, directory, dtype } = options;
// With both, the folder's weights under the facts (the instruction among them) of a known model.
const model = directory ? { directory, ...(id ? { id } : {}) } : id;
const ofEmbedder = { ...load, ...(dtype ? { dtype } : {}) };
const embedder = await loadEmbedder(model, ofEmbedder);
const keptEmbedder = keepVectors(embedder, options.cache);
const rereads = !options["first-stage"] && embedder.spec.lateInteraction === true;
const loadLate = (keep) => loadReranker(model ?? embedder.spec.id, { ...ofEmbedder, keep });
const late = rereads ? await loadLate(ALL_ROWS) : undefined;
const lateAnew = rereads ? await loadLate(false) : undefined;
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
// It comes with the embedded files alone.
const fuses = isFused && !directory && !ofCross.directory;
const loadFused = (keep) => loadReranker(crossId, { ...load, scale: "fused", keep });
const fused = fuses ? await loadFused(ALL_ROWS) : undefined;
const fusedAnew = fuses ? await loadFused(false) : undefined;
const keptCross = cross && keepScores(cross, options.cache);

/** As users have it: the embedder's own rows, compressed as documents are added, for which it has to read them. */
const ownRows = { embedder, lateInteraction: true };
const ownRowsAndCross = { ...ownRows, reranker: keptCross };
const denseFirst = {
  stages: ["dense", "lateInteraction"],
  settings: { weights: { dense: 0 }, candidates: { lateInteraction: 100 } },
};
/** Each way to search: the rerankers whose work is kept, the same for measuring time if they are others, and the stages that run. */
const allWays = [
  { name: "BM25", stages: ["lexical"] },
  { name: "dense", stages: ["dense"] },
  { name: "BM25 + dense" },
  ...(late
    ? [
        {
          name: "dense, plain late interaction",
          kept: { reranker: late },
          fresh: { reranker: lateAnew },
          ...denseFirst,
        },
        { name: "dense, late interaction", kept: { ...ownRows }, ...denseFirst },
      ]
    : []),
  ...(fuses
    ? [{ name: "dense, fused reranker", kept: { reranker: fused }, fresh: { reranker: fusedAnew }, ...denseFirst }]
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
          kept: cross ? ownRowsAndCross : ownRows,
          stages: ["lexical", "dense", "lateInteraction"],
        },
      ]
    : []),
  ...(cross
    ? [
        { name: "BM25 + dense, cross-encoder", kept: { reranker: keptCross }, fresh: { reranker: cross } },
        { name: "pipeline", kept: ownRowsAndCross, fresh: { ...ownRows, reranker: cross } },
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
await Promise.all([embedder, late, lateAnew, cross, fused, fusedAnew].map((one) => one?.dispose()));

async function evaluate(set) {
  const [name, split] = set.split(":");
  const number = (value) => (value === undefined ? undefined : Number(value));
  const { documents, queries, relevant } = readSet(join(options.data, name), {
    split,
    queries: number(options.queries),
    documents: number(options.documents),
  });
  const label = `${set}, ${queries.length} queries, ${documents.length} documents`;
  /** Of ways that differ in their stages alone, so that documents are added once. */
  const filled = new Map();
  for (const { name: way, kept = NONE, fresh, stages, settings } of ways) {
    const search = stages ? { stages } : {};
    if (!filled.has(kept)) filled.set(kept, await fill(documents, kept, settings));
    const retriever = filled.get(kept);
    const rankings = new Map();
    for (const { id, text } of queries) {
      const { results } = await retriever.search(text, { ...search, topN: 100 });
      rankings.set(
        id,
        results.map((result) => result.id),
      );
    }
    const ms = await timeOf(queries, search, retriever, fresh && (() => fill(documents, fresh, settings)));
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
  for (const retriever of filled.values()) await retriever.dispose();
}

async function fill(documents, rerankers, settings) {
  const retriever = await loadRetriever({
    embedder: keptEmbedder,
    reranker: false,
    lateInteraction: false,
    ...rerankers,
    ...settings,
  });
  await retriever.add(documents);
  return retriever;
}

/** Milliseconds of a search, the mean over some queries, with the models' own work: in a retriever of its own where results are kept. */
async function timeOf(queries, search, kept, openFresh) {
  const asked = queries.slice(0, Number(options.time));
  if (asked.length === 0) return undefined;
  const retriever = (await openFresh?.()) ?? kept;
  await retriever.search(asked[0].text, search);
  let total = 0;
  for (const { text } of asked) total += (await retriever.search(text, search)).timings.total;
  if (retriever !== kept) await retriever.dispose();
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
