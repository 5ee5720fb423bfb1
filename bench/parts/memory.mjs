import { series } from "../rounds.mjs";
import { ratio, spread } from "../statistics.mjs";
import { figure, middle, shownSpread, table } from "../table.mjs";

const SOAK = " in a long run";

/** Megabytes over the empty process, and milliseconds to the first vector. */
export function jobs({ contenders, short, wholeArray }) {
  const { bge, bgeQ8, bgeFp32, transformersQ8, fastembedQ8 } = contenders;
  const count = short ? 48 : 256;
  const peak = (contender, batchSize, suffix = "", texts = count) => ({
    key: `${contender?.name}${suffix}`,
    measurement: "memory",
    contender,
    settings: { count: texts, batchSize, soak: 0 },
    rounds: short ? 1 : 2,
  });
  const long = (contender, texts, suffix = "") => ({
    key: `${contender?.name}${suffix}${SOAK}`,
    measurement: "memory",
    contender,
    settings: { count: 32, batchSize: 1, soak: short ? Math.min(texts, 3000) : texts },
    rounds: 1,
  });
  const start = (contender) => ({ key: `start: ${contender?.name}`, measurement: "start", contender, settings: {} });
  return [
    ...[bge, transformersQ8, bgeQ8, bgeFp32, fastembedQ8].map(start),
    peak(bge, "all"),
    peak(bgeQ8, "all"),
    peak(bgeFp32, "all"),
    peak(transformersQ8, 1, ", batch 1"),
    peak(transformersQ8, 32, ", batch 32"),
    ...(wholeArray && !short ? [peak(transformersQ8, "all", ", whole list of 128", 128)] : []),
    ...(short ? [] : [peak(fastembedQ8, 32, ", batch 32", 64)]),
    long(bge, 20_000),
    ...(short ? [] : [long(transformersQ8, 5000, ", batch 1")]),
  ].filter(({ contender }) => contender !== undefined);
}

export function report(results) {
  const present = Object.keys(results).filter((key) => results[key].some(Boolean));
  const bulk = present.filter((key) => !key.startsWith("start: ") && !key.endsWith(SOAK));
  const pick = (key, name) => series(results, key, (result) => result[name]);
  const long = present.filter((key) => key.endsWith(SOAK));
  const starts = present.filter((key) => key.startsWith("start: "));
  return [
    "Resident megabytes over the process before anything was loaded; `x` is the line's peak over that of bge-js.",
    table(
      ["memory, bulk", "loaded", "peak", "x"],
      bulk.map((key) => [
        key,
        middle(pick(key, "loaded")),
        middle(pick(key, "peak")),
        shownSpread(ratio(pick(key, "peak"), pick("bge-js", "peak"))),
      ]),
    ),
    "Texts of random length in calls of 250; growth is the slope over the last four fifths.",
    table(
      ["memory, long run", "texts", "peak", "end", "MB in 10,000 texts"],
      long.map((key) => {
        const { points, peakAll, growthIn10000 } = results[key][0];
        const [texts, end] = points.at(-1);
        return [key.slice(0, -SOAK.length), figure(texts), figure(peakAll), figure(end), figure(growthIn10000 ?? 0)];
      }),
    ),
    "Milliseconds from the start of the process to the first vector; `x` is the line over bge-js.",
    table(
      ["start", "ms", "x"],
      starts.map((key) => [
        key.slice("start: ".length),
        middle(pick(key, "ms")),
        shownSpread(ratio(pick(key, "ms"), pick("start: bge-js", "ms"))),
      ]),
    ),
  ].join("\n\n");
}

export function summary(results) {
  const long = results[`bge-js${SOAK}`]?.[0];
  const pick = (key, name) => series(results, key, (result) => result[name]);
  return [
    [
      "start to first vector over transformers.js q8",
      ratio(pick("start: bge-js", "ms"), pick("start: transformers.js, q8", "ms")),
      "<= 0.7",
    ],
    ["peak memory in bulk, MB over the empty process", ofRounds(pick("bge-js", "peak")), "<= 260"],
    [
      "peak memory in bulk: transformers.js q8 at batch 32 over bge-js",
      ratio(pick("transformers.js, q8, batch 32", "peak"), pick("bge-js", "peak")),
    ],
    ["growth in 10,000 texts of random length, MB", long?.growthIn10000 && spread([long.growthIn10000]), "<= 5"],
    ["peak memory in that run, MB over the empty process", long && spread([long.peakAll]), "<= 260"],
  ].filter(([, value]) => value !== undefined);
}

function ofRounds(values) {
  const numbers = values.filter(Number.isFinite);
  return numbers.length === 0 ? undefined : spread(numbers);
}
