import { series } from "../rounds.mjs";
import { mean, median, ratio } from "../statistics.mjs";
import { figure, middle, table, times } from "../table.mjs";
import { mixedLengths } from "../texts.mjs";

const SETS = ["scifact", "chroma-chunks"];

/** Texts per second over mixed lengths, every contender at several batch sizes; and over real documents. */
export function jobs({ contenders, short, data, skip, wholeArray }) {
  const { bge, bgeQ8, bgeFp32, transformersQ8, transformersFp32, fastembedQ8, fastembedFp32 } = contenders;
  const whole = wholeArray ? ["all"] : [];
  const seconds = short ? 0.3 : 1.5;
  const mixed = { source: "mixed", count: mixedCount(short), seconds };
  // Padding makes larger batches many times slower: half the texts, of the same mix, keep the run short.
  const peer = { ...mixed, countInBatches: short ? 32 : 64 };
  // Every text costs it 512 tokens: fewer texts give the same rate.
  const padded = { source: "mixed", count: short ? 8 : 64, seconds };
  const list = [
    [bge, mixed, ["all"]],
    [transformersQ8, peer, short ? [1, 8, 32] : [1, 8, 32, ...whole]],
    [bgeQ8, mixed, ["all"]],
    [fastembedQ8, padded, short ? [1, 8] : [1, 8, 32, ...whole]],
    [bgeFp32, mixed, ["all"]],
    [transformersFp32, peer, short ? [1, 8] : [1, 8, 32, ...whole]],
    [fastembedFp32, { ...padded, count: short ? 4 : 24 }, [1]],
    [contenders.torch, peer, [1, 8, 32]],
    [contenders.pythonOnnx, peer, [1, 8, 32]],
  ];
  const described = list
    .filter(([contender]) => contender !== undefined)
    .map(([contender, settings, batchSizes]) => job(contender.name, contender, { ...settings, batchSizes }));
  const facts = [];
  if (data === undefined) skip("real documents: BGE_JS_DATA is not set");
  for (const set of data === undefined ? [] : SETS) {
    const settings = { source: set, count: short ? 12 : 64, seconds };
    facts.push({ key: `facts ${set}`, measurement: "facts", contender: bge, settings, rounds: 1 });
    for (const contender of [bge, bgeQ8, transformersQ8, bgeFp32, transformersFp32].filter(Boolean)) {
      const batchSizes = contender.library === "bge-js" ? ["all"] : [1];
      described.push(job(`${contender.name}, ${set}`, contender, { ...settings, batchSizes }));
    }
  }
  return [...facts, ...described];
}

function mixedCount(short) {
  return short ? 32 : 128;
}

function job(key, contender, settings) {
  return { key, measurement: "bulk", contender, settings };
}

/** One block of Markdown for the mixed lengths, one for the sets. */
export function report(results, { short }) {
  const lengths = mixedLengths(mixedCount(short));
  const meanTokens = mean(lengths);
  const rows = Object.keys(results)
    .filter((key) => !key.startsWith("facts ") && !SETS.some((set) => key.endsWith(set)))
    .flatMap((key) => batchSizesOf(results, key).map((size) => row(results, key, size, meanTokens)));
  return [
    `Mixed lengths: median ${median(lengths)} tokens, mean ${figure(meanTokens)}, longest ${Math.max(...lengths)}. \`x\` is bge-js with its own int8 file over the line, ` +
      "`same` bge-js with the line's own weights and precision over it; in brackets the lowest and the highest round.",
    table(["bulk", "batch", "texts/s", "tokens/s", "x", "same"], rows),
    ...SETS.filter((set) => results[`facts ${set}`]?.[0]).map((set) => setTable(results, set)),
  ].join("\n\n");
}

function setTable(results, set) {
  const [facts] = results[`facts ${set}`];
  const keys = Object.keys(results).filter((key) => key.endsWith(`, ${set}`));
  const rows = keys.flatMap((key) =>
    batchSizesOf(results, key).map((size) => row(results, key, size, facts.mean, `, ${set}`)),
  );
  return [
    `${set}: ${facts.texts} documents, median ${facts.median} tokens, mean ${figure(facts.mean)}, longest ${facts.longest}.`,
    table([set, "batch", "texts/s", "tokens/s", "x", "same"], rows),
  ].join("\n\n");
}

function row(results, key, size, meanTokens, suffix = "") {
  const line = rates(results, key, size);
  const ours = rates(results, `bge-js${suffix}`, "all");
  const name = key.slice(0, key.length - suffix.length);
  const peer = twin(name);
  const same = peer === undefined ? "" : times(rates(results, peer + suffix, "all"), line);
  const tokens = line.map((rate) => rate * meanTokens);
  return [name, size === "all" ? "-" : size, middle(line), middle(tokens), times(ours, line), same].map(
    (cell, column) => (column === 1 && size === "all" && !name.startsWith("bge-js") ? "whole list" : cell),
  );
}

/** bge-js with the same weights and precision. */
function twin(name) {
  if (name.startsWith("bge-js")) return undefined;
  return /q8/.test(name) ? "bge-js, published int8" : "bge-js, fp32";
}

function batchSizesOf(results, key) {
  const result = results[key]?.find(Boolean);
  return Object.keys(result ?? {});
}

function rates(results, key, size) {
  return series(results, key, (result) => result[size]);
}

/** The peer's batch size of the highest median. */
function best(results, key) {
  const sizes = batchSizesOf(results, key);
  const medianOf = (size) =>
    ratio(
      rates(results, key, size),
      rates(results, key, size).map(() => 1),
    )?.median ?? 0;
  return sizes.sort((a, b) => medianOf(b) - medianOf(a))[0];
}

/** Lines of the summary: `[what, ratio, aim]`. */
export function summary(results) {
  const line = (what, ours, key, size, aim) => [
    what,
    ratio(rates(results, ours, "all"), rates(results, key, size)),
    aim,
  ];
  const q8 = "transformers.js, q8";
  const fp32 = "transformers.js, fp32";
  const fastembed = "fastembed, q8";
  return [
    line(
      `bulk int8 over transformers.js q8 at its best batch size, ${best(results, q8)}`,
      "bge-js",
      q8,
      best(results, q8),
      ">= 1.5",
    ),
    line("the same, both with the published int8 file", "bge-js, published int8", q8, best(results, q8)),
    line("bulk int8 over transformers.js q8 at batch 32", "bge-js", q8, 32, ">= 8"),
    line("bulk int8 over transformers.js q8, the whole list at once", "bge-js", q8, "all", ">= 8"),
    line("bulk int8 over fastembed at its best batch size", "bge-js", fastembed, best(results, fastembed), ">= 10"),
    line(
      "bulk fp32 over transformers.js fp32 at its best batch size",
      "bge-js, fp32",
      fp32,
      best(results, fp32),
      ">= 1.15",
    ),
  ].filter(([, value]) => value !== undefined);
}
