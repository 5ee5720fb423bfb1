// What keeping a text's token rows costs and loses: bytes, nDCG@10 of late interaction by candidates over the dense top 100, milliseconds.
//   node tools/evaluate/rows.mjs --data DIR --sets mbpp:test,medquad:dev [--queries 150] [--documents 800] [--cache DIR] [--only kept] [--embedder ID]
// Ways that the product does not have are simulated in float32. A set may be the path of a folder,
// and have a number of documents of its own (mbpp:test:974). All token rows are kept in the cache.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join, resolve } from "node:path";
import { loadEmbedder } from "@bge-js/core";
import {
  bestMatches,
  compressRows,
  createTokens,
  floatProducts,
  poolRows,
  rotate,
  rotateBack,
  scoreRows,
  scoresByCandidates,
} from "@bge-js/core/adapter";
import { meanDifference, meanOf, meanWithInterval, ndcg10, readSet } from "./beir.mjs";
import { keptRows } from "./cache.mjs";
import { setOptions } from "./options.mjs";

const options = setOptions("mbpp:test,medquad:dev", {
  queries: { type: "string", default: "150" },
  documents: { type: "string", default: "800" },
  cache: { type: "string", default: join(homedir(), ".cache", "bge-js", "rows") },
  only: { type: "string" },
});

const embedder = await loadEmbedder(options.embedder, { truncation: "silent" });
// Late interaction asks without the instruction.
const asker = await loadEmbedder(options.embedder, { truncation: "silent", queryInstruction: false });
const { dimensions } = embedder;
const read = (file) => JSON.parse(readFileSync(join(embedder.source.directory, file), "utf8"));
const tokens = createTokens(read("tokenizer.json"), read("tokenizer_config.json"), embedder.spec);

/** The best levels for normally distributed numbers, by the bits of a code (Lloyd, Max); 1.6: three levels, five in a byte. */
const LEVELS = {
  1: [0.7979],
  1.6: [0, 1.224],
  2: [0.4528, 1.51],
  3: [0.2451, 0.756, 1.344, 2.152],
  4: [0.1284, 0.3881, 0.6568, 0.9424, 1.256, 1.618, 2.069, 2.733],
};
const WAYS = [
  { name: "float32", bits: 32 },
  { name: "2 to 1", factor: 2, bits: 32 },
  { name: "3 to 1", factor: 3, bits: 32 },
  { name: "neighbours 2 to 1", neighbours: 2, bits: 32 },
  { name: "4 bits", bits: 4, rotated: true },
  { name: "2 bits", bits: 2, rotated: true },
  { name: "1 bit", bits: 1, rotated: true },
  { name: "3 to 1, 3 bits", factor: 3, bits: 3, rotated: true },
  { name: "1.5 to 1, 1.6 bits", factor: 1.5, bits: 1.6, rotated: true },
  { name: "2 to 1, 2 bits, not rotated", factor: 2, bits: 2 },
  { name: "2 to 1, 2 bits, no mean", factor: 2, bits: 2, rotated: true, meanless: true },
  { name: "kept" },
  // The query's rows are those of the pass that gives its vector, without the instruction's.
  { name: "kept, instructed", instructed: true },
].filter(({ name }) => !options.only || ["float32", ...options.only.split(";")].includes(name));

const perWay = new Map(WAYS.map(({ name }) => [name, []]));
const perWayChanges = new Map(WAYS.map(({ name }) => [name, []]));
const names = options.sets.split(",");
for (const set of names) await measure(set);
await Promise.all([embedder.dispose(), asker.dispose()]);

console.log(
  `\n| kept of a text | bytes for 180 tokens | ${names.map((set) => basename(set)).join(" | ")} | mean | difference | changed |`,
);
console.log(
  `| ${Array(names.length + 5)
    .fill("---")
    .join(" | ")} |`,
);
const base = perWay.get("float32");
for (const way of WAYS) {
  const sets = perWay.get(way.name);
  const cells = sets.map((values) => meanOf(values).toFixed(3));
  const { mean, low, high } = meanDifference(sets, base);
  const signed = [mean, low, high].map((value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(4)}`);
  const difference = way.name === "float32" ? "" : `${signed[0]} [${signed[1]}, ${signed[2]}]`;
  console.log(
    `| ${way.name} | ${bytesOf(way)} | ${cells.join(" | ")} | ${meanOf(sets.map(meanOf)).toFixed(4)} | ${difference} | ${meanOf(perWayChanges.get(way.name)).toFixed(4)} |`,
  );
}

async function measure(set) {
  const { texts, queries } = await openSet(set);
  const asTheyAre = [];
  for (const way of WAYS) {
    const kept = new Map();
    const at = performance.now();
    for (const index of new Set(queries.flatMap(({ top }) => top))) kept.set(index, keep(texts[index], way));
    const ms = (performance.now() - at) / kept.size;
    let scoring = 0;
    const changes = [];
    const values = queries.map(({ side, instructed, top, relevant }, query) => {
      const start = performance.now();
      const scores = scoresByCandidates(
        score(
          way.instructed ? instructed : side,
          top.map((index) => kept.get(index)),
          way,
        ),
      );
      scoring += performance.now() - start;
      asTheyAre[query] ??= scores;
      changes.push(unexplained(scores, asTheyAre[query]));
      const order = [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b);
      return ndcg10(
        order.map((place) => texts[top[place]].id),
        relevant,
      );
    });
    perWay.get(way.name).push(values);
    perWayChanges.get(way.name).push(meanOf(changes));
    const { mean, low, high } = meanWithInterval(values);
    const interval = `${mean.toFixed(4)} [${low.toFixed(4)}, ${high.toFixed(4)}]`;
    console.log(
      `${set} | ${way.name} | ${interval} | ${ms.toFixed(2)} ms a text | ${(scoring / queries.length).toFixed(1)} ms a query`,
    );
  }
}

function score(query, kept, { name }) {
  if (name.startsWith("kept")) return scoreRows(query, kept, dimensions, tokens.weightless);
  return kept.map((side) => {
    const out = new Float32Array(2 * query.ids.length);
    // Each token has the row that stands for it.
    bestMatches(query, side, dimensions, tokens.weightless, out);
    return out;
  });
}

function keep(text, way) {
  if (way.name.startsWith("kept")) return compressRows(text, dimensions);
  if (way.bits === 32 && !way.factor && !way.neighbours) return text;
  const { rows, order, starts } = way.neighbours
    ? poolNeighbours(text, way.neighbours)
    : poolRows(text.rows, dimensions, way.factor ?? 1);
  if (way.bits < 32) quantize(rows, way);
  const perToken = new Float32Array(text.rows.length);
  let row = 0;
  for (let place = 0; place < order.length; place++) {
    while (starts[row + 1] <= place) row++;
    perToken.set(rows.subarray(row * dimensions, (row + 1) * dimensions), place * dimensions);
  }
  return { rows: perToken, ids: order.map((token) => text.ids[token]) };
}

/** Each row beside the mean of all, in few levels; the scale leaves its dot product with itself as it was. */
function quantize(rows, { bits, rotated, meanless }) {
  const count = rows.length / dimensions;
  const mean = new Float64Array(dimensions);
  if (!meanless) for (let i = 0; i < rows.length; i++) mean[i % dimensions] += rows[i] / count;
  const levels = LEVELS[bits];
  for (let row = 0; row < count; row++) {
    const own = rows.subarray(row * dimensions, (row + 1) * dimensions);
    const rest = Float64Array.from(own, (value, d) => value - mean[d]);
    if (rotated) rotate(rest);
    const squares = rest.reduce((sum, value) => sum + value * value, 0);
    const deviation = Math.sqrt(squares / dimensions) || 1;
    const coded = rest.map((value) => {
      const size = Math.abs(value) / deviation;
      const level = levels.findLast((_, i) => i === 0 || size > (levels[i - 1] + levels[i]) / 2);
      return value < 0 ? -level : level;
    });
    const product = coded.reduce((sum, value, d) => sum + value * rest[d], 0) || 1;
    for (let d = 0; d < dimensions; d++) rest[d] = (coded[d] * squares) / product;
    if (rotated) rotateBack(rest);
    for (let d = 0; d < dimensions; d++) own[d] = mean[d] + rest[d];
  }
}

/** Tokens that stand beside each other share a row, whatever they are. */
function poolNeighbours({ rows, ids }, factor) {
  const starts = Int32Array.from({ length: Math.ceil(ids.length / factor) }, (_, row) => row * factor);
  const pooled = new Float32Array(starts.length * dimensions);
  for (let i = 0; i < rows.length; i++)
    pooled[Math.floor(i / dimensions / factor) * dimensions + (i % dimensions)] += rows[i];
  for (let row = 0; row < starts.length; row++) {
    const own = pooled.subarray(row * dimensions, (row + 1) * dimensions);
    const norm = Math.sqrt(own.reduce((sum, value) => sum + value * value, 0));
    for (let d = 0; d < dimensions; d++) own[d] /= norm;
  }
  return { rows: pooled, order: Int32Array.from(ids.keys()), starts };
}

/** With ids in 16 bits, and beside fewer than 32 bits the mean and a scale a row. */
function bytesOf({ name, bits, factor = 1, neighbours = factor }) {
  const side = { rows: new Float32Array(180 * dimensions), ids: new Int32Array(180) };
  if (name.startsWith("kept")) return compressRows(side, dimensions).length;
  const rows = Math.ceil(180 / neighbours);
  return 360 + Math.ceil(rows * ((dimensions * bits) / 8 + (bits < 32 ? 4 : 0))) + (bits < 32 ? dimensions : 0);
}

/** The share of the scores' variance that float32's do not explain: by far less noisy than nDCG. */
function unexplained(scores, base) {
  const [mean, baseMean] = [meanOf(scores), meanOf(base)];
  const product = (a, b, ofA, ofB) => meanOf(a.map((value, i) => (value - ofA) * (b[i] - ofB)));
  const shared = product(scores, base, mean, baseMean);
  return 1 - shared ** 2 / (product(scores, scores, mean, mean) * product(base, base, baseMean, baseMean));
}

/** Texts with their rows and ids, without [CLS]; queries with theirs and the texts that are nearest by their vectors. */
async function openSet(set) {
  const [name, split, most] = set.split(":");
  const { documents, queries, relevant } = readSet(resolve(options.data, name), {
    split,
    queries: Number(options.queries),
    documents: Number(most ?? options.documents),
  });
  const rows = await rowsOf(embedder, documents, "document");
  const asked = await rowsOf(asker, queries, "query");
  const instructed = await instructedRows(queries);
  const vectors = Float32Array.from(rows.flatMap(({ cls }) => [...cls]));
  const texts = documents.map(({ id }, i) => ({ id, ...rows[i] }));
  const list = [];
  for (const [i, { id, text }] of queries.entries()) {
    const { values, stride } = floatProducts(vectors, await embedder.embedQuery(text), dimensions);
    const top = [...texts.keys()].sort((a, b) => values[b * stride] - values[a * stride] || a - b).slice(0, 100);
    list.push({ side: asked[i], instructed: instructed[i], top, relevant: relevant.get(id) });
  }
  return { texts, queries: list };
}

/** Rows and ids of the query alone, read behind the instruction. */
async function instructedRows(queries) {
  const { queryInstruction } = embedder.spec;
  const encode = (text) => tokens.encode([text], { form: "single", maxTokens: embedder.maxTokens }).rows.ids;
  const vectors = await embedder.embedTokens(
    queries.map(({ text }) => text),
    { inputType: "query" },
  );
  return vectors.map(({ data }, i) => {
    const all = encode(queryInstruction + queries[i].text);
    const skip = all.length - encode(queries[i].text).length + 1;
    return { rows: data.subarray(skip * dimensions), ids: all.subarray(skip) };
  });
}

async function rowsOf(model, items, inputType) {
  const texts = items.map(({ text }) => text);
  const ids = texts.map((text) => tokens.encode([text], { form: "single", maxTokens: model.maxTokens }).rows.ids);
  const counts = ids.map(({ length }) => length);
  const kept = await keptRows(model, options.cache, texts, counts, inputType);
  return kept.map((data, i) => ({
    cls: data.subarray(0, dimensions),
    rows: data.subarray(dimensions),
    ids: ids[i].subarray(1),
  }));
}
