// Does memory grow? Random calls on one model: a least-squares slope of the resident memory, after a fifth as warm-up. Then
// rounds of load, calls and dispose: how much more the last tenth of them holds than the first. And what is left open afterwards.
// Fails where a limit is passed or anything is left.
//   npm run soak -- [--calls 100000] [--rounds 1000] [--isolation thread|process] [--model <folder or id>] [--limit 1]
//     [--rounds-limit 64] [--json]

import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { loadEmbedder } from "@bge-js/core";
import { residentBytes } from "./resident.mjs";

const { values: asked } = parseArgs({
  options: {
    calls: { type: "string", default: "100000" },
    rounds: { type: "string", default: "1000" },
    isolation: { type: "string", default: "thread" },
    model: { type: "string", default: fileURLToPath(new URL("../../test/fixtures/tiny-bert-cls", import.meta.url)) },
    /** Percent of the resident memory, for 10,000 calls. */
    limit: { type: "string", default: "1" },
    /** MB; what glibc keeps for the threads that have ended levels off, and a leak of a round does not. */
    "rounds-limit": { type: "string", default: "64" },
    json: { type: "boolean", default: false },
  },
});

const CALLS_A_ROUND = 50;
/** Of the calls on one model. */
const SAMPLES = 100;
const WARM_UP = 0.2;
const WORDS = "the panda is a bear that eats bamboo in the mountains of central china and sleeps through winter".split(
  " ",
);

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");
let state = 20261123;
const options = { truncation: "silent", threads: 2, workers: 2, isolation: asked.isolation };

// Everything that is opened once and for all is open before the first count.
await (await loadEmbedder(asked.model, options)).dispose();
const before = await leftOpen();

const callSamples = await soakCalls(Number(asked.calls));
const roundSamples = await soakRounds(Number(asked.rounds));
const after = await leftOpen();

const report = {
  model: asked.model.split("/").at(-1),
  isolation: asked.isolation,
  calls: summary(callSamples),
  rounds: { count: Number(asked.rounds), ...summary(roundSamples), addedMB: added(roundSamples) },
  left: Object.fromEntries(Object.entries(after).filter(([name, count]) => count > before[name])),
};
const grows =
  report.calls.percentPer10000 > Number(asked.limit) || report.rounds.addedMB > Number(asked["rounds-limit"]);
if (asked.json) console.log(JSON.stringify(report));
else print(report);
process.exitCode = grows || Object.keys(report.left).length > 0 ? 1 : 0;

/** Random calls, four at a time, on one model. */
async function soakCalls(count) {
  const model = await loadEmbedder(asked.model, options);
  const every = Math.max(1, Math.floor(count / SAMPLES));
  const samples = [];
  for (let done = 0; done < count; ) {
    const upTo = Math.min(done + every, count);
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        while (done < upTo) {
          done++;
          await randomCall(model);
        }
      }),
    );
    samples.push([done, sample()]);
  }
  await model.dispose();
  return samples;
}

async function soakRounds(count) {
  const samples = [];
  for (let round = 1; round <= count; round++) {
    const model = await loadEmbedder(asked.model, options);
    await Promise.all(Array.from({ length: CALLS_A_ROUND }, () => randomCall(model)));
    await model.dispose();
    samples.push([round * CALLS_A_ROUND, sample()]);
  }
  return samples;
}

/** One of the calls that a service makes, and of those that go wrong. */
async function randomCall(model) {
  const kind = random(20);
  if (kind < 8) await model.embedQuery(text());
  else if (kind < 14) await model.embedDocuments(Array.from({ length: 1 + random(6) }, text));
  else if (kind === 14) await model.countTokens(text());
  else if (kind === 15) await model.embedTokens([text()], { inputType: "document" });
  else if (kind === 16) for await (const _ of model.embedStream([text(), text(), text()]));
  else if (kind === 17) {
    const controller = new AbortController();
    const call = model.embedDocuments([text(), text()], { signal: controller.signal });
    controller.abort();
    await call.catch(() => {});
  } else if (kind === 18) await model.embedDocuments([text(), text()], { deadlineMs: random(5) }).catch(expected);
  else await model.embedDocuments([text(), 5]).catch(expected);
}

function expected(error) {
  if (error.code !== "DEADLINE_EXCEEDED" && error.code !== "INVALID_INPUT") throw error;
}

/** Mostly short, now and then longer than the model reads. */
function text() {
  return Array.from({ length: 1 + random(random(10) === 0 ? 700 : 40) }, () => WORDS[random(WORDS.length)]).join(" ");
}

/** A whole number below `below`, the same ones at every run. */
function random(below) {
  state = (state * 48271) % 2147483647;
  return state % below;
}

function sample() {
  collectGarbage();
  return residentBytes(asked.isolation);
}

/** What is open: resources that the event loop knows, listeners on the process, files. */
async function leftOpen() {
  // Whatever is closing has its turn.
  await new Promise((resolve) => setTimeout(resolve, 200));
  const count = {};
  for (const name of process.getActiveResourcesInfo()) count[name] = (count[name] ?? 0) + 1;
  for (const name of process.eventNames()) count[`listeners of ${String(name)}`] = process.listenerCount(name);
  if (existsSync("/proc/self/fd")) count.files = readdirSync("/proc/self/fd").length;
  return new Proxy(count, { get: (target, name) => target[name] ?? 0 });
}

/** Slope of bytes over calls by least squares, as a share of the mean. */
function summary(samples) {
  const used = samples.slice(Math.floor(samples.length * WARM_UP));
  const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const [x, y] = [mean(used.map(([calls]) => calls)), mean(used.map(([, bytes]) => bytes))];
  const covariance = used.reduce((sum, [calls, bytes]) => sum + (calls - x) * (bytes - y), 0);
  const variance = used.reduce((sum, [calls]) => sum + (calls - x) ** 2, 0);
  const slope = variance === 0 ? 0 : covariance / variance;
  return {
    calls: samples.at(-1)?.[0] ?? 0,
    firstMB: Math.round((samples[0]?.[1] ?? 0) / 1e6),
    lastMB: Math.round((samples.at(-1)?.[1] ?? 0) / 1e6),
    meanMB: used.length === 0 ? 0 : Math.round(y / 1e6),
    percentPer10000: used.length === 0 ? 0 : Number(((slope * 10_000 * 100) / y).toFixed(3)),
  };
}

/** How much more the last tenth of the samples holds than the first, on average. */
function added(samples) {
  const tenth = Math.ceil(samples.length / 10);
  const mean = (some) => some.reduce((sum, [, bytes]) => sum + bytes, 0) / Math.max(1, some.length);
  return Math.round((mean(samples.slice(-tenth)) - mean(samples.slice(0, tenth))) / 1e6);
}

function print({ model, isolation, calls, rounds, left }) {
  console.log(`${model}, two workers (${isolation})`);
  const line = (name, { firstMB, lastMB, percentPer10000 }, more) =>
    console.log(`${name.padEnd(32)} ${firstMB} MB -> ${lastMB} MB, ${percentPer10000} % for 10,000 calls; ${more}`);
  line(`${calls.calls} calls`, calls, `limit ${asked.limit} %`);
  line(
    `${rounds.count} rounds of load and dispose`,
    rounds,
    `added ${rounds.addedMB} MB, limit ${asked["rounds-limit"]} MB`,
  );
  const names = Object.entries(left).map(([name, count]) => `${name} ${count}`);
  console.log(names.length === 0 ? "nothing is left open" : `left open: ${names.join(", ")}`);
}
