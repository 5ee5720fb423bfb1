// Kills worker processes at random moments, with -9, while they ingest documents from a queue in Redis into PostgreSQL or Qdrant. Each
// document must then be stored exactly once, equal to what one process without a queue stores, and those that cannot be stored must
// be set aside, all of them and no other. A second run, with changed and vanished documents, must do only what changed. With
// --restart, Qdrant itself is killed and started again all the while.
//   npm run kills-ingest -- [--store qdrant] [--documents 100000] [--workers 2] [--every 4] [--restart 30] [--seed 1] [--model FOLDER]

import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ingest } from "@bge-js/ingest";
import { openIngestQueue } from "@bge-js/ingest/bullmq";
import { documentOf, isPoison } from "./ingest/documents.mjs";
import { startRedis, startStore } from "./ingest/servers.mjs";
import { compare, openRecipe } from "./ingest/stores.mjs";

const { values } = parseArgs({
  options: {
    store: { type: "string", default: "postgres" },
    documents: { type: "string", default: "100000" },
    workers: { type: "string", default: "2" },
    /** Mean seconds between two kills of workers. */
    every: { type: "string", default: "4" },
    /** Mean seconds between two kills of the store; by default it is left alone. */
    restart: { type: "string" },
    seed: { type: "string", default: "1" },
    model: { type: "string", default: fileURLToPath(new URL("../../test/fixtures/tiny-bert-cls", import.meta.url)) },
  },
});
const count = Number(values.documents);
const { model, store } = values;
const workerFile = fileURLToPath(new URL("ingest/worker.mjs", import.meta.url));

let state = Number(values.seed);
function random() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

/** In the second edition, one document in fifty has another text, and one in seventy is gone. */
function* documents(edition) {
  for (let i = 0; i < count; i++) {
    if (edition > 0 && i % 70 === 3) continue;
    yield documentOf(i, edition > 0 && i % 50 === 7 ? edition : 0);
  }
}

const server = await startStore(store);
const { url } = server;
if (values.restart !== undefined && server.restart === undefined) {
  throw new Error("--restart needs --store qdrant, and a server that was started here: BGE_JS_QDRANT_SERVER");
}
const { host, port, stop } = await startRedis();
const connection = { host, port };
const alone = await openRecipe({ store, url, table: "alone", model });
const fleet = await openRecipe({ store, url, table: "fleet", model });

const seconds = async (work) => {
  const start = performance.now();
  const result = await work();
  return { result, took: (performance.now() - start) / 1000 };
};

let given = 0;
/** Calls again where the store was away for longer than a call waits, as its error says. */
async function untilDone(call) {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (error.code !== "STORE_FAILED" || values.restart === undefined) throw error;
      given++;
      console.error(error.message);
    }
  }
}

const expected = [...documents(0)].filter((_, i) => isPoison(i)).length;
const poison = new Set();
const first = await seconds(() => ingest(documents(0), { ...alone.recipe, onFailed: ({ id }) => poison.add(id) }));
console.error(
  `one process: ${first.result.stored} documents, ${first.result.chunks} chunks in ${first.took.toFixed(0)} s`,
);

const queue = await openIngestQueue({ connection, name: "kills" });
const workers = new Set();
let kills = 0;
let busy = 0;
let isOver = false;
const over = new AbortController();
function start() {
  const own = { store, url, table: "fleet", model, redis: connection, name: "kills", stalledAfterMs: 2000 };
  const child = spawn(process.execPath, [workerFile, JSON.stringify(own)], { stdio: ["ignore", "pipe", "inherit"] });
  child.stdout.once("data", () => {
    child.isReady = true;
  });
  workers.add(child);
  child.once("exit", () => {
    workers.delete(child);
    if (!isOver) start();
  });
}

/** Does something again and again, so many seconds apart on average, until all is over. */
async function nowAndThen(every, work) {
  while (!isOver) {
    await sleep(every * 1000 * (0.25 + 1.5 * random()), undefined, { signal: over.signal }).catch(() => {});
    if (!isOver) await work();
  }
}

for (let i = 0; i < Number(values.workers); i++) start();
const killing = nowAndThen(Number(values.every), async () => {
  const ready = [...workers].filter(({ isReady }) => isReady);
  const victim = ready[Math.floor(random() * ready.length)];
  if (victim === undefined) return;
  const { active } = await queue.status();
  if (active > 0) busy++;
  kills++;
  victim.kill("SIGKILL");
});
const away = [];
const restarting =
  values.restart &&
  nowAndThen(Number(values.restart), async () => {
    away.push((await seconds(server.restart)).took);
  });

let told = 0;
const onProgress = ({ done, pending, failed, perSecond }) => {
  if (performance.now() - told < 15_000) return;
  told = performance.now();
  console.error(
    `${done} done, ${pending} pending, ${failed} set aside, ${perSecond.toFixed(0)} a second, ${kills} kills, ${away.length} restarts`,
  );
};
const aside = new Set();
const onFailed = ({ id }) => aside.add(id);
const second = await seconds(() => untilDone(() => queue.ingest(documents(0), { onProgress, onFailed })));
const killsOfFirst = kills;
const afterFirst = await untilDone(() => compare(store, url, ["alone", "fleet"]));
console.error(
  `fleet: ${JSON.stringify(second.result)} in ${second.took.toFixed(0)} s, ${kills} kills; ${JSON.stringify(afterFirst)}`,
);

const before = given;
const quiet = { onFailed: () => {}, prune: true };
const [again, queued] = await Promise.all([
  untilDone(() => ingest(documents(1), { ...alone.recipe, ...quiet })),
  untilDone(() => queue.ingest(documents(1), { ...fleet.recipe, ...quiet, onProgress })),
]);
isOver = true;
over.abort();
await killing;
await restarting;
const afterSecond = await compare(store, url, ["alone", "fleet"]);
for (const child of workers) {
  child.kill("SIGKILL");
  await once(child, "exit");
}

const rest = [...documents(1)].map(({ id }) => Number(id.slice(4)));
const changed = rest.filter((i) => i % 50 === 7 && !isPoison(i)).length;
const poisonLeft = rest.filter(isPoison).length;
const kept = rest.length - poisonLeft;
const problems = [
  [afterFirst.different, "differences from what one process stores"],
  [afterSecond.different, "differences after the second run"],
  [Math.abs(afterFirst.stored - (count - expected)), "documents more or less than given"],
  [Math.abs(afterSecond.stored - kept), "documents more or less than given in the second run"],
  [[...poison].filter((id) => !aside.has(id)).length + aside.size - poison.size, "documents wrongly set aside or not"],
  // A call that is repeated has queued some before.
  [given > before ? 0 : queued.queued - changed - poisonLeft, "documents done in the second run that had not changed"],
].filter(([n]) => n !== 0);
const longest = Math.max(...away).toFixed(1);
const restarts =
  away.length > 0 ? `, ${away.length} kills of the store (away for at most ${longest} s; ${given} calls repeated)` : "";
console.log(
  `${count} documents, ${afterFirst.rows} chunks; ${values.workers} workers, ${kills} kills, ${busy} of them of a queue at work (${killsOfFirst} in the first run)${restarts}: ` +
    `${afterFirst.stored} documents stored once and equal to those of one process, ${aside.size} set aside (${expected} given that cannot be stored). ` +
    `One process took ${first.took.toFixed(0)} s, the killed ones ${second.took.toFixed(0)} s. Second run: ${changed} changed, ${queued.queued} queued, ` +
    `${queued.removed} of ${count - rest.length} vanished removed (${again.removed} by one process). ` +
    `${problems.length === 0 ? "No difference." : problems.map(([n, what]) => `${n} ${what}`).join("; ")}`,
);
await queue.dispose();
await alone.close();
await fleet.close();
stop();
await server.stop();
process.exitCode = problems.length === 0 ? 0 : 1;
