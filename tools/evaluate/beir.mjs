import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A retrieval set in BEIR layout: texts by id, and for each query the ids of its relevant documents. With `queries` or
 * `documents`, an even part of it: every n-th query, and their relevant documents among every n-th of the others.
 */
export function readSet(
  folder,
  { split, queries = Number.POSITIVE_INFINITY, documents = Number.POSITIVE_INFINITY } = {},
) {
  const lines = (name) => readFileSync(join(folder, name), "utf8").split("\n").filter(Boolean);
  const files = readdirSync(join(folder, "qrels"));
  const judgements = (split ? [`${split}.tsv`] : ["test.tsv", "dev.tsv"]).find((name) => files.includes(name));
  if (judgements === undefined)
    throw new Error(`${folder} has no ${split ?? "test or dev"} split, but ${files.join(", ")}`);
  const relevant = new Map();
  for (const line of lines(join("qrels", judgements)).slice(1)) {
    const [query, document, score] = line.split("\t");
    if (!relevant.has(query)) relevant.set(query, new Map());
    relevant.get(query).set(document, Number(score));
  }
  const parse = (name) => lines(name).map((line) => JSON.parse(line));
  const asked = spread(
    parse("queries.jsonl").filter(({ _id }) => relevant.has(_id)),
    queries,
  );
  const needed = new Set(
    asked.flatMap(({ _id }) => [...relevant.get(_id)].filter(([, score]) => score > 0).map(([id]) => id)),
  );
  const corpus = parse("corpus.jsonl");
  const others = corpus.filter(({ _id }) => !needed.has(_id));
  const kept = new Set(spread(others, Math.max(0, documents - needed.size)).map(({ _id }) => _id));
  return {
    documents: corpus
      .filter(({ _id }) => needed.has(_id) || kept.has(_id))
      .map(({ _id, title, text }) => ({ id: _id, text: title ? `${title} ${text}` : text })),
    queries: asked.map(({ _id, text }) => ({ id: _id, text })),
    relevant,
  };
}

/** At most `count` of a list, evenly spaced: the same ones every time. */
function spread(list, count) {
  if (list.length <= count) return list;
  return Array.from({ length: count }, (_, i) => list[Math.floor((i * list.length) / count)]);
}

/** nDCG@10 of one ranking, as trec_eval: linear gains, log2 discounts. */
export function ndcg10(ranking, relevant) {
  const gain = (scores) => scores.slice(0, 10).reduce((sum, score, rank) => sum + score / Math.log2(rank + 2), 0);
  const ideal = gain([...relevant.values()].filter((score) => score > 0).sort((a, b) => b - a));
  return ideal === 0 ? 0 : gain(ranking.map((id) => relevant.get(id) ?? 0)) / ideal;
}

/** Reciprocal rank of the first relevant document among the best ten; 0 without one. */
export function mrr10(ranking, relevant) {
  const first = ranking.slice(0, 10).findIndex((id) => relevant.get(id) > 0);
  return first === -1 ? 0 : 1 / (first + 1);
}

/** The share of the relevant documents that is among the best hundred. */
export function recall100(ranking, relevant) {
  const wanted = [...relevant].filter(([, score]) => score > 0);
  const found = new Set(ranking.slice(0, 100));
  return wanted.length === 0 ? 0 : wanted.filter(([id]) => found.has(id)).length / wanted.length;
}

/** A mean with its 95 % bootstrap interval, by a fixed seed. */
export function meanWithInterval(values) {
  const chance = seeded();
  return { mean: meanOf(values), ...interval(() => meanOf(drawn(values, chance))) };
}

/** The mean over several sets of their mean differences to `base`, each set's queries drawn anew for the interval. */
export function meanDifference(sets, base) {
  const differences = sets.map((values, set) => values.map((value, i) => value - base[set][i]));
  const chance = seeded();
  const drawAll = () => meanOf(differences.map((values) => meanOf(drawn(values, chance))));
  return { mean: meanOf(differences.map(meanOf)), ...interval(drawAll) };
}

export function meanOf(list) {
  return list.reduce((sum, value) => sum + value, 0) / list.length;
}

function interval(draw) {
  const means = Array.from({ length: 1000 }, draw).sort((a, b) => a - b);
  return { low: means[25], high: means[974] };
}

function drawn(list, chance) {
  return Array.from(list, () => list[Math.floor(chance() * list.length)]);
}

function seeded() {
  let state = 20261122;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
