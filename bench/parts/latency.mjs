import { series } from "../rounds.mjs";
import { quantile, ratio, spread } from "../statistics.mjs";
import { figure, middle, shownSpread, table } from "../table.mjs";

/** A query's latency and the event loop's delay, idle and beside bulk without end. */
export function jobs({ contenders: { bge, bgeQ8, transformersQ8, fastembedQ8 }, short }) {
  const settings = { idle: short ? 40 : 200, busy: short ? 20 : 80, everyMs: 50, bulk: short ? 400 : 2000 };
  // The peers get bulk in lists that end soon after the last query; they block for a batch at a time either way.
  const peers = { ...settings, bulk: short ? 32 : 128 };
  return [
    [bge, "", settings],
    [transformersQ8, ", batch 1", { ...peers, batchSize: 1 }],
    [transformersQ8, ", batch 32", { ...peers, batchSize: 32, busy: settings.busy / 2 }],
    [bgeQ8, "", settings],
    [fastembedQ8, ", batch 1", { ...peers, batchSize: 1, busy: settings.busy / 2, idle: settings.idle / 4 }],
  ]
    .filter(([contender]) => contender !== undefined)
    .map(([contender, suffix, given]) => {
      const key = contender.name + suffix;
      // Its queries are slow enough to be told apart by two rounds.
      const rounds = contender.library === "fastembed" ? { rounds: 2 } : {};
      return { key, measurement: "latency", contender, settings: given, ...rounds };
    });
}

export function report(results) {
  const keys = Object.keys(results).filter((key) => results[key].some(Boolean));
  const idle = (tokens) => keys.map((key) => idleRow(results, key, tokens));
  const busy = keys.map((key) => [
    key,
    middle(series(results, key, ({ busyMs }) => quantile(busyMs, 0.5))),
    figure(quantile(pooled(results, key), 0.99)),
    middle(series(results, key, ({ busyDelay }) => busyDelay.p99)),
    figure(Math.max(...series(results, key, ({ busyDelay }) => busyDelay.longest).filter(Number.isFinite))),
  ]);
  return [
    "Milliseconds on an idle contender, one query after the other. `x` is the line's p50 over that of bge-js with its own int8 file.",
    table(["idle query", "tokens", "p50", "p99", "x", "loop p99", "loop longest"], [...idle(12), ...idle(20)]),
    "Milliseconds beside bulk without end: queries of 12 and 20 tokens in turn, due every 50 ms and counted from when they were due.",
    table(["query beside bulk", "p50", "p99", "loop p99", "loop longest"], busy),
  ].join("\n\n");
}

function idleRow(results, key, tokens) {
  const p50 = (name) => series(results, name, ({ idleMs }) => quantile(idleMs[tokens], 0.5));
  return [
    key,
    tokens,
    middle(p50(key)),
    middle(series(results, key, ({ idleMs }) => quantile(idleMs[tokens], 0.99))),
    shownSpread(ratio(p50(key), p50("bge-js"))),
    middle(series(results, key, ({ idleDelay }) => idleDelay.p99)),
    middle(series(results, key, ({ idleDelay }) => idleDelay.longest)),
  ];
}

/** Queries beside bulk of all rounds together: p99 of one round would be its slowest query. */
function pooled(results, key) {
  return (results[key] ?? []).flatMap((result) => result?.busyMs ?? []);
}

export function summary(results) {
  const p50 = (key, tokens) => series(results, key, ({ idleMs }) => quantile(idleMs[tokens], 0.5));
  const peer = "transformers.js, q8, batch 1";
  const fair = (tokens, ours) => ratio(p50(ours, tokens), p50(peer, tokens));
  const unit = series(results, "bge-js", ({ idleMs, longestRunMs }) => quantile(idleMs[20], 0.5) + longestRunMs);
  const p99 = series(results, "bge-js", ({ busyMs }) => quantile(busyMs, 0.99));
  return [
    ["idle query of 12 tokens over transformers.js q8, p50", fair(12, "bge-js"), "<= 1.1"],
    ["idle query of 20 tokens over transformers.js q8, p50", fair(20, "bge-js"), "<= 1.1"],
    ["query beside bulk, p99, over idle p50 + one run of 512 tokens", ratio(p99, unit), "<= 1"],
    [
      "query beside bulk, p99: transformers.js q8 in batches of 32 over bge-js",
      ratio(
        series(results, "transformers.js, q8, batch 32", ({ busyMs }) => quantile(busyMs, 0.99)),
        p99,
      ),
    ],
    ["event loop beside bulk: p99, ms", milliseconds(results, "p99"), "<= 3"],
    ["event loop beside bulk: longest stall, ms", milliseconds(results, "longest"), "<= 10"],
  ].filter(([, value]) => value !== undefined);
}

function milliseconds(results, name) {
  const values = series(results, "bge-js", ({ busyDelay }) => busyDelay[name]).filter(Number.isFinite);
  return values.length === 0 ? undefined : spread(values);
}
