import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A retrieval set in BEIR layout: texts by id, and for each query the ids of its relevant documents. */
export function readSet(folder) {
  const lines = (name) => readFileSync(join(folder, name), "utf8").split("\n").filter(Boolean);
  const split = ["test.tsv", "dev.tsv"].find((name) => readdirSync(join(folder, "qrels")).includes(name));
  const relevant = new Map();
  for (const line of lines(join("qrels", split)).slice(1)) {
    const [query, document, score] = line.split("\t");
    if (!relevant.has(query)) relevant.set(query, new Map());
    relevant.get(query).set(document, Number(score));
  }
  const parse = (name) => lines(name).map((line) => JSON.parse(line));
  return {
    documents: parse("corpus.jsonl").map(({ _id, title, text }) => ({
      id: _id,
      text: title ? `${title} ${text}` : text,
    })),
    queries: parse("queries.jsonl")
      .filter(({ _id }) => relevant.has(_id))
      .map(({ _id, text }) => ({ id: _id, text })),
    relevant,
  };
}

/** nDCG@10 of one ranking, as trec_eval: linear gains, log2 discounts. */
export function ndcg10(ranking, relevant) {
  const gain = (scores) => scores.slice(0, 10).reduce((sum, score, rank) => sum + score / Math.log2(rank + 2), 0);
  const ideal = gain([...relevant.values()].filter((score) => score > 0).sort((a, b) => b - a));
  return ideal === 0 ? 0 : gain(ranking.map((id) => relevant.get(id) ?? 0)) / ideal;
}

/** A mean with its 95 % bootstrap interval, by a fixed seed. */
export function meanWithInterval(values) {
  const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
  let state = 20261122;
  const draw = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return values[Math.floor((state / 2 ** 32) * values.length)];
  };
  const means = Array.from({ length: 1000 }, () => mean(Array.from(values, draw))).sort((a, b) => a - b);
  return { mean: mean(values), low: means[25], high: means[974] };
}
