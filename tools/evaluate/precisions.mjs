// What vectors of lower precision lose: nDCG@10 of dense retrieval, and bytes.
//   node tools/evaluate/precisions.mjs --data DIR --sets mbpp:test,selqa:dev:4000 [--embedder ID] [--queries N] [--documents N] [--cache DIR]
// "of 100": ranges of so many documents of the set; "of another set": of the set before it in the list. "codes alone": the dot product
// of the query and the codes, by which sentence-transformers scores again, instead of the numbers that the codes stand for.
import { calibrateRanges, hammingDistance, loadEmbedder, quantize, topK, topKQuantized } from "@bge-js/core";
import { meanDifference, meanOf, ndcg10 } from "./beir.mjs";
import { setOptions } from "./options.mjs";
import { embedSet } from "./vectors.mjs";

const options = setOptions("mbpp:test,pubmedqa:test");

const embedder = await loadEmbedder(options.embedder, { truncation: "silent" });
const { dimensions } = embedder;
const sets = [];
for (const set of options.sets.split(",")) sets.push(await embedSet(embedder, set, options));
await embedder.dispose();

const bytes = dimensions;
const bits = Math.ceil(dimensions / 8);
/** Each way to search: what a vector takes, and how a set is made ready for the question of which documents are the best ten. */
const WAYS = [
  { name: "float32", size: 4 * dimensions, open: (set) => (query) => topK(query, set.vectors, 10) },
  ...[100, Number.POSITIVE_INFINITY].map((count) => ({
    name: `int8, ranges of ${Number.isFinite(count) ? count : "all"}`,
    size: bytes,
    open: (set) => openInt8(set, rangesOf(set, count)),
  })),
  { name: "int8, ranges of another set", size: bytes, open: (set, before) => openInt8(set, rangesOf(before)) },
  { name: "int8, ranges of all, codes alone", size: bytes, open: openCodesAlone },
  { name: "binary, by bits alone", size: bits, open: openBitsAlone },
  ...[2, 4, 10].map((rescoreMultiplier) => ({
    name: `binary, the best ${10 * rescoreMultiplier} rescored`,
    size: bits,
    open: (set) => openBinary(set, rescoreMultiplier),
  })),
  { name: "binary, the best 40 rescored by int8", size: bits + bytes, open: openBoth },
];

const perWay = new Map(WAYS.map(({ name }) => [name, []]));
for (const [i, set] of sets.entries()) {
  for (const { name, open } of WAYS) {
    const best = open(set, sets.at(i - 1));
    perWay.get(name).push(
      set.queries.map(({ id }, q) => {
        const ranking = best(set.asked[q]).map(({ index }) => set.documents[index].id);
        return ndcg10(ranking, set.relevant.get(id));
      }),
    );
  }
}
const columns = sets.map(({ name, queries, documents }) => `${name} (${queries.length}, ${documents.length})`);
console.log(`${embedder.spec.id}, ${embedder.source.dtype}; sets with their queries and documents`);
console.log(`\n| vectors | bytes | ${columns.join(" | ")} | mean, to float32 |`);
console.log(`| --- | --: | ${columns.map(() => "--: |").join(" ")} --- |`);
const base = perWay.get("float32");
for (const { name, size } of WAYS) {
  const scores = perWay.get(name);
  const { mean, low, high } = meanDifference(scores, base);
  const change = name === "float32" ? "" : `, ${signed(mean)} [${signed(low)}, ${signed(high)}]`;
  const cells = scores.map((values) => meanOf(values).toFixed(3));
  console.log(`| ${name} | ${size} | ${cells.join(" | ")} | ${meanOf(scores.map(meanOf)).toFixed(3)}${change} |`);
}

/** Ranges of an even part of a set. */
function rangesOf({ vectors }, count = Number.POSITIVE_INFINITY) {
  const every = Math.max(1, vectors.length / count);
  return calibrateRanges(
    Array.from({ length: Math.floor(vectors.length / every) }, (_, i) => vectors[Math.floor(i * every)]),
  );
}

function openInt8({ vectors }, ranges) {
  const how = { precision: "int8", ranges };
  const codes = quantize(vectors, how);
  return (query) => topKQuantized(query, codes, 10, how);
}

function openCodesAlone(set) {
  const codes = quantize(set.vectors, { precision: "int8", ranges: rangesOf(set) });
  return (query) => topK(query, codes, 10);
}

function openBinary({ vectors }, rescoreMultiplier) {
  const codes = quantize(vectors, { precision: "ubinary" });
  return (query) => topKQuantized(query, codes, 10, { precision: "ubinary", rescoreMultiplier });
}

function openBitsAlone({ vectors }) {
  const codes = quantize(vectors, { precision: "ubinary" });
  return (query) => {
    const [own] = quantize([query], { precision: "ubinary" });
    const ranked = codes.map((code, index) => ({ index, distance: hammingDistance(own, code) }));
    return ranked.sort((a, b) => a.distance - b.distance || a.index - b.index).slice(0, 10);
  };
}

function openBoth(set) {
  const how = { precision: "int8", ranges: rangesOf(set) };
  const [codes, exact] = [quantize(set.vectors, { precision: "ubinary" }), quantize(set.vectors, how)];
  return (query) => {
    const found = topKQuantized(query, codes, 40, { precision: "ubinary", rescoreMultiplier: 1 });
    const candidates = found.map(({ index }) => exact[index]);
    return topKQuantized(query, candidates, 10, how).map(({ index }) => found[index]);
  };
}

function signed(value) {
  return `${value < 0 ? "" : "+"}${value.toFixed(3)}`;
}
