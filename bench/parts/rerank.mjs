import { series } from "../rounds.mjs";
import { ratio } from "../statistics.mjs";
import { middle, table, times } from "../table.mjs";

const OURS = "bge-js";
const PEER = "transformers.js";

/** Passages of about 150 tokens against one query, the same weights on both sides. */
const TASKS = [
  { name: "late interaction, published int8", weights: "published", dtype: "int8", task: "late-interaction" },
  { name: "cross-encoder, bge-small's shape, int8", weights: "small-reranker", dtype: "int8", task: "cross-encoder" },
  { name: "cross-encoder, bge-small's shape, fp32", weights: "small-reranker", dtype: "fp32", task: "cross-encoder" },
  {
    name: "cross-encoder, bge-reranker-base's shape, int8",
    weights: "base-reranker",
    dtype: "int8",
    task: "cross-encoder",
  },
];

/** What no peer has: our own weights, late interaction alone and with the cross-encoder over its best. */
const LATE = { name: "late interaction, ours", weights: "embedded", dtype: "int8", task: "late-interaction" };
const FUSED = { name: "fused reranker", weights: "embedded", dtype: "int8", task: "fused" };

export function jobs({ short, threads }) {
  const settings = { passages: passages(short), seconds: short ? 0 : 1 };
  return [...TASKS, LATE, FUSED].flatMap(({ name, ...model }) => {
    const one = (library, batchSizes) => ({
      key: `${name}: ${library}`,
      measurement: "rerank",
      contender: { library: library === OURS ? "bge-js" : "transformers-js", threads, ...model },
      settings: { ...settings, batchSizes },
    });
    const sizes = model.weights === "base-reranker" || short ? [1, 8] : [1, 8, 32];
    return model.weights === "embedded" ? [one(OURS, ["all"])] : [one(OURS, ["all"]), one(PEER, sizes)];
  });
}

export function report(results, { short }) {
  const rows = [...TASKS, LATE, FUSED].flatMap(({ name }) =>
    [OURS, PEER].flatMap((library) => sizesOf(results, name, library).map((size) => row(results, name, library, size))),
  );
  return [
    `${passages(short)} passages of 135 to 165 tokens and a query of 14, the same weights on both sides; cross-encoders have random weights. ` +
      "`x` is bge-js over the line. Apart: the largest difference of a score of the two, transformers.js at batch 1.",
    table(["rerank", "with", "batch", "passages/s", "x", "apart"], rows),
  ].join("\n\n");
}

function passages(short) {
  return short ? 12 : 100;
}

function row(results, name, library, size) {
  const line = rates(results, name, library, size);
  const shownSize = library === OURS ? "-" : size === "all" ? "whole list" : size;
  const x = library === OURS ? "" : times(rates(results, name, OURS, "all"), line);
  return [name, library, shownSize, middle(line), x, library === PEER && size === "1" ? apart(results, name) : ""];
}

function apart(results, name) {
  const [ours, theirs] = [OURS, PEER].map((library) => results[`${name}: ${library}`].find(Boolean)?.scores);
  if (ours === undefined || theirs === undefined) return "-";
  return Math.max(...ours.map((score, i) => Math.abs(score - theirs[i]))).toExponential(0);
}

function sizesOf(results, name, library) {
  return Object.keys(results[`${name}: ${library}`]?.find(Boolean)?.rates ?? {});
}

function rates(results, name, library, size) {
  return series(results, `${name}: ${library}`, (result) => result.rates[size]);
}

export function summary(results) {
  const [late, fused] = [LATE, FUSED].map(({ name }) => rates(results, name, OURS, "all"));
  const cost = ratio(late, fused);
  return [
    ...againstPeers(results),
    ...(cost === undefined ? [] : [["rerank, time of the fused reranker over late interaction alone", cost, "<= 1.6"]]),
  ];
}

function againstPeers(results) {
  return TASKS.flatMap(({ name }) => {
    const ratios = sizesOf(results, name, PEER)
      .map((size) => ({ size, value: ratio(rates(results, name, OURS, "all"), rates(results, name, PEER, size)) }))
      .filter(({ value }) => value !== undefined)
      .sort((a, b) => a.value.median - b.value.median);
    const [hardest] = ratios;
    if (hardest === undefined) return [];
    const size = hardest.size === "all" ? "the whole list" : `batch ${hardest.size}`;
    return [[`rerank, ${name}: over transformers.js at its best, ${size}`, hardest.value]];
  });
}
