// How the cosines of pairs are distributed, and why thresholds differ: a table, and a plot.
//   node tools/evaluate/cosines.mjs --data DIR --sets medquad:dev,mbpp:test [--embedder ID] [--queries N] [--documents N] [--cache DIR] [--out docs/cosines.svg]
// Of each query: a relevant document, the nearest that is not relevant, and one by chance. "Less the mean" takes the mean of the documents' vectors from
// documents, and that of the queries' from queries, before the cosine.
import { writeFileSync } from "node:fs";
import { calibrate, loadEmbedder, similarity } from "@bge-js/core";
import { meanOf } from "./beir.mjs";
import { plotDensities } from "./densities.mjs";
import { setOptions } from "./options.mjs";
import { embedSet } from "./vectors.mjs";

const options = setOptions("medquad:dev,mbpp:test", { out: { type: "string" } });

const embedder = await loadEmbedder(options.embedder, { truncation: "silent" });
console.log(`${embedder.spec.id}, ${embedder.source.dtype}: cosines, mean [5 %, 95 %]\n`);
console.log(
  "| set | relevant | nearest other | by chance | by chance, less the mean | best F1 over chance at | over the nearest other at |",
);
console.log("| --- | --- | --- | --- | --- | --- | --- |");
const panels = [];
for (const name of options.sets.split(",")) {
  const set = await embedSet(embedder, name, options);
  const pairs = pairsOf(set);
  const cosines = (kind, of) => pairs[kind].map(([q, d]) => of(q, d));
  const plain = (q, d) => similarity(set.asked[q], set.vectors[d]);
  const ofQueries = centred(set.asked);
  const ofDocuments = centred(set.vectors);
  const lessMean = (q, d) => similarity(ofQueries[q], ofDocuments[d]);
  const both = [plain, lessMean].map((of) =>
    Object.fromEntries(Object.keys(pairs).map((kind) => [kind, cosines(kind, of)])),
  );
  const [own, moved] = both;
  const cells = [own.relevant, own.nearest, own.chance, moved.chance].map(show);
  const thresholds = await Promise.all([own.chance, own.nearest].map((others) => thresholdOf(own.relevant, others)));
  console.log(`| ${set.name} | ${[...cells, ...thresholds].join(" | ")} |`);
  panels.push({ name: set.name, plain: own, lessMean: moved });
}
await embedder.dispose();
if (options.out) writeFileSync(options.out, plotDensities(panels, embedder.spec.id));

/** Pairs of a query and a document, by their indices. */
function pairsOf({ queries, documents, relevant, asked, vectors }) {
  const pairs = { relevant: [], nearest: [], chance: [] };
  const at = new Map(documents.map(({ id }, index) => [id, index]));
  for (const [q, { id }] of queries.entries()) {
    const own = relevant.get(id);
    const isRelevant = (d) => (own.get(documents[d].id) ?? 0) > 0;
    const [best] = [...own].filter(([, score]) => score > 0);
    if (best === undefined || !at.has(best[0])) continue;
    pairs.relevant.push([q, at.get(best[0])]);
    let nearest = { index: -1, score: Number.NEGATIVE_INFINITY };
    for (let index = 0; index < vectors.length; index++) {
      if (isRelevant(index)) continue;
      const score = similarity(asked[q], vectors[index]);
      if (score > nearest.score) nearest = { index, score };
    }
    pairs.nearest.push([q, nearest.index]);
    // A prime, so that every query has a document far from the last one's.
    let d = (q * 7919 + 104729) % documents.length;
    while (isRelevant(d)) d = (d + 1) % documents.length;
    pairs.chance.push([q, d]);
  }
  return pairs;
}

/** Vectors less their mean, L2-normalised. */
function centred(vectors) {
  const mean = vectors[0].map((_, d) => meanOf(vectors.map((vector) => vector[d])));
  return vectors.map((vector) => {
    const moved = vector.map((value, d) => value - mean[d]);
    const norm = Math.sqrt(similarity(moved, moved));
    return moved.map((value) => value / norm);
  });
}

async function thresholdOf(relevant, others) {
  const labelled = (scores, is) => scores.map((score) => ({ score, relevant: is }));
  const { threshold, thresholdInterval, heldOut } = await calibrate([
    ...labelled(relevant, true),
    ...labelled(others, false),
  ]);
  const { low, high } = thresholdInterval;
  return `${threshold.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}], F1 ${heldOut.f1.mean.toFixed(2)}`;
}

function show(values) {
  const sorted = Float64Array.from(values).sort();
  const at = (share) => sorted[Math.round(share * (sorted.length - 1))].toFixed(2);
  // A mean of -0.001 is none.
  return `${meanOf(values).toFixed(2).replace("-0.00", "0.00")} [${at(0.05)}, ${at(0.95)}]`;
}
