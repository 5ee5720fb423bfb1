// Kills worker processes at random moments, with -9, while they ingest documents from a queue in Redis into PostgreSQL. Each document
// must then be stored exactly once, equal to what one process without a queue stores, and those that cannot be stored must be set
// aside, all of them and no other. A second run, with changed and vanished documents, must do only what changed.
//   npm run kills-ingest -- [--documents 100000] [--workers 2] [--every 4] [--seed 1] [--model FOLDER]

import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ingest } from "@bge-js/ingest";
import { openIngestQueue } from "@bge-js/ingest/bullmq";
import { documentOf, isPoison, openRecipe } from "./ingest/recipe.mjs";
import { startPostgres, startRedis } from "./ingest/servers.mjs";

const { values } = parseArgs({
  options: {
    documents: { type: "string", default: "100000" },
    workers: { type: "string", default: "2" },
    /** Mean seconds between two kills. */
    every: { type: "string", default: "4" },
    seed: { type: "string", default: "1" },
    model: { type: "string", default: fileURLToPath(new URL("../../test/fixtures/tiny-bert-cls", import.meta.url)) },
  },
});
const count = Number(values.documents);
const every = Number(values.every) * 1000;
const { model } = values;
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

const postgres = await startPostgres();
const { host, port, stop } = await startRedis();
const connection = { host, port };
const alone = await openRecipe({ url: postgres.url, table: "alone", model });
const fleet = await openRecipe({ url: postgres.url, table: "fleet", model });
const query = async (text) => (await alone.pool.query(text)).rows;
await query("CREATE EXTENSION IF NOT EXISTS vector");

const seconds = async (work) => {
  const start = performance.now();
  const result = await work();
  return { result, took: (performance.now() - start) / 1000 };
};
const both = (first, second) => `(SELECT * FROM ${first} EXCEPT SELECT * FROM ${second})`;
const chunks = (table) =>
  `(SELECT document, position, version, text, fields::text, embedding::text FROM ${table}) AS ${table}_chunks`;
const noted = (table) => `(SELECT id, version, whole FROM ${table}_documents) AS ${table}_noted`;
const fingerprint = async () => {
  const difference = async (of) => {
    const [[a], [b]] = await Promise.all([
      query(`SELECT count(*)::int AS n FROM ${both(of("alone"), of("fleet"))} AS d`),
      query(`SELECT count(*)::int AS n FROM ${both(of("fleet"), of("alone"))} AS d`),
    ]);
    return a.n + b.n;
  };
  const [[rows], [stored]] = await Promise.all([
    query("SELECT count(*)::int AS n FROM fleet"),
    query("SELECT count(*)::int AS n FROM fleet_documents WHERE whole"),
  ]);
  return { rows: rows.n, stored: stored.n, different: (await difference(chunks)) + (await difference(noted)) };
};

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
  const given = { url: postgres.url, table: "fleet", model, redis: connection, name: "kills", stalledAfterMs: 2000 };
  const child = spawn(process.execPath, [workerFile, JSON.stringify(given)], { stdio: ["ignore", "pipe", "inherit"] });
  child.stdout.once("data", () => {
    child.isReady = true;
  });
  workers.add(child);
  child.once("exit", () => {
    workers.delete(child);
    if (!isOver) start();
  });
}
for (let i = 0; i < Number(values.workers); i++) start();
const killing = (async () => {
  while (!isOver) {
    await sleep(every * (0.25 + 1.5 * random()), undefined, { signal: over.signal }).catch(() => {});
    const ready = [...workers].filter(({ isReady }) => isReady);
    const victim = ready[Math.floor(random() * ready.length)];
    if (victim === undefined || isOver) continue;
    const { active } = await queue.status();
    if (active > 0) busy++;
    kills++;
    victim.kill("SIGKILL");
  }
})();

let told = 0;
const onProgress = ({ done, pending, failed, perSecond }) => {
  if (performance.now() - told < 15_000) return;
  told = performance.now();
  console.error(
    `${done} done, ${pending} pending, ${failed} set aside, ${perSecond.toFixed(0)} a second, ${kills} kills`,
  );
};
const aside = new Set();
const second = await seconds(() => queue.ingest(documents(0), { onProgress, onFailed: ({ id }) => aside.add(id) }));
const afterFirst = await fingerprint();
const killsOfFirst = kills;
console.error(
  `fleet: ${JSON.stringify(second.result)} in ${second.took.toFixed(0)} s, ${kills} kills; ${JSON.stringify(afterFirst)}`,
);

const editions = [
  ingest(documents(1), { ...alone.recipe, prune: true, onFailed: () => {} }),
  queue.ingest(documents(1), { ...fleet.recipe, prune: true, onProgress, onFailed: () => {} }),
];
const [again, queued] = await Promise.all(editions);
const afterSecond = await fingerprint();
isOver = true;
over.abort();
await killing;
for (const child of workers) {
  child.kill("SIGKILL");
  await once(child, "exit");
}

const changed = [...documents(1)].filter(
  ({ id }) => Number(id.slice(4)) % 50 === 7 && !isPoison(Number(id.slice(4))),
).length;
const vanished = count - [...documents(1)].length;
const poisonLeft = [...documents(1)].filter(({ id }) => isPoison(Number(id.slice(4)))).length;
const problems = [
  [afterFirst.different, "rows differ from those of one process"],
  [afterSecond.different, "rows differ after the second run"],
  [Math.abs(afterFirst.stored - (count - expected)), "documents more or less than given"],
  [[...poison].filter((id) => !aside.has(id)).length + aside.size - poison.size, "documents wrongly set aside or not"],
  [queued.queued - changed - poisonLeft, "documents done in the second run that had not changed"],
].filter(([n]) => n !== 0);
console.log(
  `${count} documents, ${afterFirst.rows} chunks; ${values.workers} workers, ${kills} kills, ${busy} of them of a queue at work (${killsOfFirst} in the first run): ` +
    `${afterFirst.stored} documents stored once and equal to those of one process, ${aside.size} set aside (${expected} given that cannot be stored). ` +
    `One process took ${first.took.toFixed(0)} s, the killed ones ${second.took.toFixed(0)} s. Second run: ${changed} changed, ${queued.queued} queued, ` +
    `${queued.removed} of ${vanished} vanished removed (${again.removed} by one process). ` +
    `${problems.length === 0 ? "No difference." : problems.map(([n, what]) => `${n} ${what}`).join("; ")}`,
);
await queue.dispose();
for (const { pool, embedder } of [alone, fleet]) {
  await pool.end();
  await embedder.dispose();
}
stop();
await postgres.stop();
process.exitCode = problems.length === 0 ? 0 : 1;
