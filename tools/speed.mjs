// Ratios from one run on one machine, through the public API: workers against one worker, int8 against fp32 (where
// BGE_JS_MODELS has the original weights), a query's latency on an idle pool and under bulk, the event loop's delay.
//   npm run speed

import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { loadEmbedder } from "@bge-js/core";

const ROUNDS = 5;
const texts = mixedTexts(160);
const QUERY = "how do I read a file line by line in node?";

const models = process.env.BGE_JS_MODELS;
const fp32Model = models && { directory: join(models, "bge-small-en-v1.5"), id: "bge-small-en-v1.5" };
const variants = {
  "int8, 2 workers": await load(undefined, { threads: 2 }),
  "int8, 1 worker": await load(undefined, { threads: 1 }),
  ...(fp32Model ? { "fp32, 2 workers": await load(fp32Model, { threads: 2 }) } : {}),
};

const rates = Object.fromEntries(Object.keys(variants).map((name) => [name, []]));
for (let round = 0; round <= ROUNDS; round++) {
  for (const [name, embedder] of Object.entries(variants)) {
    const start = performance.now();
    await embedder.embedDocuments(texts);
    // The first round warms up.
    if (round > 0) rates[name].push((texts.length * 1000) / (performance.now() - start));
  }
}
const [embedder] = Object.values(variants);
const counts = (await embedder.countTokens(texts)).sort((a, b) => a - b);
const mean = Math.round(counts.reduce((sum, count) => sum + count, 0) / counts.length);
console.log(
  `${texts.length} texts, median ${median(counts)} tokens, mean ${mean}; medians of ${ROUNDS} alternating rounds`,
);
const first = median(Object.values(rates)[0]);
for (const [name, list] of Object.entries(rates)) {
  console.log(
    `${name.padEnd(18)} ${median(list).toFixed(0).padStart(5)} texts/s   ${(median(list) / first).toFixed(2)}`,
  );
}

const idle = await latencies(200, embedder);
const longest = "word ".repeat(600);
const run = median(await timed(9, () => embedder.embedDocuments([longest])));
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const bulk = new AbortController();
const load200 = embedder
  .embedDocuments(
    Array.from({ length: 5000 }, () => longest),
    { signal: bulk.signal },
  )
  .catch(() => {});
const busy = await latencies(60, embedder);
bulk.abort();
await load200;
delay.disable();
console.log(`one run of 512 tokens        ${run.toFixed(1)} ms, the unit below`);
const inRuns = (ms) => `${(ms / run).toFixed(2)} runs`;
console.log(`query, idle pool             p50 ${inRuns(quantile(idle, 0.5))}, p99 ${inRuns(quantile(idle, 0.99))}`);
console.log(`query, saturated with bulk   p50 ${inRuns(quantile(busy, 0.5))}, p99 ${inRuns(quantile(busy, 0.99))}`);
console.log(
  `event loop meanwhile         p99 ${inRuns(delay.percentile(99) / 1e6)}, longest ${inRuns(delay.max / 1e6)}`,
);
for (const one of Object.values(variants)) await one.dispose();

function load(model, options) {
  return loadEmbedder(model, { truncation: "silent", ...options });
}

function latencies(count, model) {
  return timed(count, () => model.embedQuery(QUERY));
}

async function timed(count, call) {
  const times = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await call();
    times.push(performance.now() - start);
  }
  return times;
}

/** Lengths as corpora of passages have them: median about 55 tokens, mean about 86, up to 512. */
function mixedTexts(count) {
  const words = "the index holds vectors of text that a query finds by meaning and not by words alone".split(" ");
  let state = 7;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length: count }, () => {
    const normal = Math.sqrt(-2 * Math.log(next() + 1e-12)) * Math.cos(2 * Math.PI * next());
    const length = Math.min(500, Math.max(3, Math.round(53 * Math.exp(0.95 * normal))));
    return Array.from({ length }, () => words[Math.floor(next() * words.length)]).join(" ");
  });
}

function quantile(list, share) {
  const sorted = [...list].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

function median(list) {
  return quantile(list, 0.5);
}
