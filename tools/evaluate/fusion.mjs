// nDCG@10 of the ways to combine words, vectors and late interaction that a Qdrant server allows, over the dense and the lexical top 100.
//   node tools/evaluate/fusion.mjs --data DIR --sets medquad:dev,mbpp:test [--queries 100] [--documents 800]
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { loadEmbedder } from "@bge-js/core";
import { cascade, expandRows, floatProducts, keptRowsOf, splitWindows } from "@bge-js/core/adapter";
import { meanDifference, meanOf, ndcg10, readSet } from "./beir.mjs";
import { openLexical } from "./lexical.mjs";

const { values: options } = parseArgs({
  options: {
    data: { type: "string", default: process.env.BGE_JS_DATA },
    sets: { type: "string" },
    queries: { type: "string", default: "100" },
    documents: { type: "string", default: "800" },
  },
});
if (!options.data || !options.sets) {
  console.error(
    "Name a folder of retrieval sets (--data, or BGE_JS_DATA) and some of them: --sets mbpp:test,medquad:dev",
  );
  process.exit(2);
}

const embedder = await loadEmbedder(undefined, { truncation: "silent" });
const asker = await loadEmbedder(undefined, { truncation: "silent", queryInstruction: false });
const { dimensions } = embedder;
const DEPTH = 100;
const words = await openLexical();

/** Each gives the candidates' order from their three scores. */
const zScores =
  (depth, known = (scores) => scores) =>
  async ({ lexical, dense, late }) => {
    const first = [
      { weight: 0.3, scores: known(lexical) },
      { weight: 0.7, scores: known(dense) },
    ];
    const stage = { weight: 0.5, depth, score: async (positions) => positions.map((position) => late[position]) };
    return (await cascade(late.length, first, depth === 0 ? [] : [stage])).order;
  };
/** As a server gives them that is asked for each stage's best alone. If these are few, the others have no word of the query. */
const onlyBest = (scores) => {
  const found = best(
    [...scores.keys()].filter((at) => scores[at] !== 0),
    scores,
  ).slice(0, DEPTH);
  return scores.map((score, at) => (found.length < DEPTH || found.includes(at) ? score : undefined));
};
const reciprocal = (k, weights) => async (scores) => {
  const lists = ["dense", "lexical", "late"].slice(0, weights.length);
  const sum = new Float64Array(scores.late.length);
  for (const [i, name] of lists.entries()) {
    const found = best(
      [...sum.keys()].filter((at) => name !== "lexical" || scores.lexical[at] > 0),
      scores[name],
    );
    // As Qdrant weighs: 1 / ((rank + 1) / weight + k - 1), ranks from 0.
    for (const [rank, at] of found.slice(0, DEPTH).entries()) sum[at] += 1 / ((rank + 1) / weights[i] + k - 1);
  }
  return best([...sum.keys()], sum);
};
const lateOver = (first, depth) => async (scores) => best((await first(scores)).slice(0, depth), scores.late);
const WAYS = {
  "z-scores, late interaction over 50": zScores(50),
  "z-scores, late interaction over all": zScores(1000),
  "z-scores of each stage's own best, late interaction over 50": zScores(50, onlyBest),
  "z-scores, without late interaction": zScores(0),
  "z-scores of each stage's own best, without late interaction": zScores(0, onlyBest),
  "late interaction alone over all": async ({ late }) => best([...late.keys()], late),
  "late interaction alone over 50 by RRF, k 61, 0.7 and 0.3": lateOver(reciprocal(61, [0.7, 0.3]), 50),
  ...Object.fromEntries(
    [2, 10, 61].flatMap((k) =>
      [
        [1, 1],
        [0.7, 0.3],
        [1, 1, 1],
        [0.7, 0.3, 0.5],
        [0.7, 0.3, 1],
      ].map((weights) => [`RRF, k ${k}, ${weights.join(", ")}`, reciprocal(k, weights)]),
    ),
  ),
};

function best(places, scores) {
  return places.sort((a, b) => scores[b] - scores[a] || a - b);
}

const perWay = new Map(Object.keys(WAYS).map((name) => [name, []]));
const names = options.sets.split(",");
for (const set of names) await measure(set);
await Promise.all([embedder.dispose(), asker.dispose()]);
const base = perWay.get(Object.keys(WAYS)[0]);
for (const [way, sets] of perWay) {
  const { mean, low, high } = meanDifference(sets, base);
  const cells = sets.map((values) => meanOf(values).toFixed(3)).join(" | ");
  console.log(
    `| ${way} | ${cells} | ${meanOf(sets.map(meanOf)).toFixed(4)} | ${[mean, low, high].map((value) => value.toFixed(4)).join(" ")} |`,
  );
}

async function measure(set) {
  const [name, split, most] = set.split(":");
  const { documents, queries, relevant } = readSet(resolve(options.data, name), {
    split,
    queries: Number(options.queries),
    documents: Number(most ?? options.documents),
  });
  const lexicalOf = words.index(documents.map(({ text }) => text));
  const kept = [];
  const vectors = new Float32Array(documents.length * dimensions);
  for await (const {
    vectors: [vector],
    rows,
  } of keptRowsOf(embedder).embedStream(
    documents.map(({ text }) => text),
    {},
  )) {
    vectors.set(vector, kept.length * dimensions);
    const [window] = splitWindows(rows).windows; // of a longer text, the part that its vector reads
    kept.push(expandRows(window.rows).rows);
  }
  const values = new Map(Object.keys(WAYS).map((way) => [way, []]));
  for (const { id, text } of queries) {
    const lexical = await lexicalOf(text);
    const cosines = floatProducts(vectors, await embedder.embedQuery(text), dimensions);
    const dense = documents.map((_, i) => cosines.values[i * cosines.stride]);
    const all = [...documents.keys()];
    const found = [
      ...new Set([
        ...best([...all], dense).slice(0, DEPTH),
        ...best(
          all.filter((i) => lexical[i] > 0),
          lexical,
        ).slice(0, DEPTH),
      ]),
    ];
    const [{ data }] = await asker.embedTokens([text], { inputType: "query" });
    const scores = {
      lexical: found.map((i) => lexical[i]),
      dense: found.map((i) => dense[i]),
      late: found.map((i) => maxSim(data.subarray(dimensions), kept[i])),
    };
    for (const [way, order] of Object.entries(WAYS)) {
      const ranking = (await order(scores)).map((at) => documents[found[at]].id);
      values.get(way).push(ndcg10(ranking, relevant.get(id)));
    }
  }
  for (const [way, list] of values) perWay.get(way).push(list);
}

/** As Qdrant's `max_sim`: the sum, over the query's rows, of the best dot product. */
function maxSim(query, rows) {
  const { values, stride } = floatProducts(rows, query, dimensions);
  const asked = query.length / dimensions;
  let sum = 0;
  for (let q = 0; q < asked; q++) {
    let most = Number.NEGATIVE_INFINITY;
    for (let r = 0; r < rows.length / dimensions; r++) most = Math.max(most, values[r * stride + q]);
    sum += most;
  }
  return sum;
}
