import { series } from "../rounds.mjs";
import { ratio } from "../statistics.mjs";
import { figure, middle, shownSpread, table } from "../table.mjs";

const SHORT_TEXT = 16;

/** How cost grows: with workers, with the length of texts, with the size of a corpus. */
export function jobs({ contenders: { bge, transformersQ8 }, short }) {
  const lengths = short ? [16, 64, 256] : [16, 32, 64, 128, 256, 512];
  const sizes = short ? [300, 1000, 3000] : [1000, 3000, 10_000, 30_000, 100_000];
  const seconds = short ? 0.3 : 1;
  const mixed = { source: "mixed", count: short ? 32 : 128, seconds };
  const list = [];
  for (const threads of [1, 2]) {
    const add = (contender, batchSizes) => {
      if (contender === undefined) return;
      const one = { ...contender, threads };
      const name = `${contender.name}, ${threads === 1 ? "1 thread" : `${threads} threads`}`;
      list.push({ key: `workers: ${name}`, measurement: "bulk", contender: one, settings: { ...mixed, batchSizes } });
      const settings = { lengths, tokens: short ? 2048 : 8192, seconds, batchSize: 1 };
      list.push({ key: `lengths: ${name}`, measurement: "lengths", contender: one, settings, rounds: short ? 1 : 3 });
    };
    add(bge, ["all"]);
    add(transformersQ8, [1]);
  }
  const corpus = (contender, most) =>
    contender && {
      key: `corpus: ${contender.name}`,
      measurement: "corpus",
      contender,
      settings: { sizes: most, tokens: SHORT_TEXT, batchSize: 8 },
      rounds: 1,
    };
  return [...list, corpus(bge, sizes), corpus(transformersQ8, sizes.slice(0, 3))].filter(Boolean);
}

export function report(results) {
  const present = (kind) => Object.keys(results).filter((key) => key.startsWith(kind) && results[key].some(Boolean));
  const rate = (key) => series(results, key, (rates) => rates.all ?? rates[1]);
  const workers = present("workers: ").map((key) => {
    const alone = key.replace(/\d threads?$/, "1 thread");
    return [named(key), middle(rate(key)), shownSpread(ratio(rate(key), rate(alone)))];
  });
  return [
    "Texts per second over mixed lengths, transformers.js at batch 1; `x` is over the same contender with one thread.",
    table(["workers", "texts/s", "x"], workers),
    "Texts per second by length in tokens, transformers.js at batch 1:",
    grid("length", results, present("lengths: ")),
    `Texts per second of ${SHORT_TEXT} tokens by size of the corpus, one call each, transformers.js at batch 8:`,
    grid("corpus", results, present("corpus: ")),
    Object.entries(plots(results))
      .map(([file, { title }]) => `![${title}](plots/${file}.svg)`)
      .join("\n"),
  ].join("\n\n");
}

/** Lengths or sizes down, contenders across. */
function grid(first, results, keys) {
  const values = [...new Set(keys.flatMap((key) => pointsOf(results, key).map(([x]) => x)))];
  const cell = (key, x) => pointsOf(results, key).find(([value]) => value === x)?.[1];
  const rows = values.map((x) => [
    x.toLocaleString("en"),
    ...keys.map((key) => (cell(key, x) === undefined ? "-" : figure(cell(key, x)))),
  ]);
  return table([first, ...keys.map(named)], rows);
}

/** `[x, texts per second]`, the median of the rounds. */
function pointsOf(results, key) {
  const rounds = results[key].filter(Boolean);
  return Object.keys(rounds[0]).map((x) => {
    const rates = rounds.map((round) => round[x]).sort((a, b) => a - b);
    return [Number(x), rates[rates.length >> 1]];
  });
}

function named(key) {
  return key.slice(key.indexOf(": ") + 2);
}

/** The lines of the two plots, by name of file. */
export function plots(results) {
  const lines = (kind) =>
    Object.keys(results)
      .filter((key) => key.startsWith(kind) && results[key].some(Boolean))
      .map((key) => ({ name: named(key), points: pointsOf(results, key) }));
  return {
    length: { title: "Texts per second by length", x: "tokens in a text", lines: lines("lengths: ") },
    corpus: {
      title: "Texts per second by size of the corpus",
      x: "texts of 16 tokens in one call",
      lines: lines("corpus: "),
    },
  };
}

export function summary(results) {
  const rate = (threads) => series(results, `workers: bge-js, ${threads}`, (rates) => rates.all);
  const value = ratio(rate("2 threads"), rate("1 thread"));
  return value === undefined ? [] : [["bulk int8, two workers over one", value]];
}
