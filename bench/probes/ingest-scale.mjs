// How many documents 1 to N worker processes ingest in a second, from a queue in Redis into PostgreSQL or Qdrant, each with one thread for the
// model; and one process without a queue. The processor time of a document does not depend on what else the machine does (Linux).
//   npm run ingest-scale -- [--documents 300] [--workers 1,2] [--model bge-small-en-v1.5] [--store qdrant]

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ingest } from "@bge-js/ingest";
import { openIngestQueue } from "@bge-js/ingest/bullmq";
import { documentOf } from "./ingest/documents.mjs";
import { startRedis, startStore } from "./ingest/servers.mjs";
import { openRecipe } from "./ingest/stores.mjs";

const { values } = parseArgs({
  options: {
    documents: { type: "string", default: "300" },
    workers: { type: "string", default: "1,2" },
    model: { type: "string", default: "bge-small-en-v1.5" },
    store: { type: "string", default: "postgres" },
  },
});
const { model, store } = values;
const workerFile = fileURLToPath(new URL("ingest/worker.mjs", import.meta.url));
// 0 to 995: none that cannot be stored.
const documents = Array.from({ length: Math.min(900, Number(values.documents)) }, (_, i) => documentOf(i));
const TICKS = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
const { url, stop: stopStore } = await startStore(store);
const { host, port, pid, stop } = await startRedis();
const connection = { host, port };

/** Seconds of the processor that a process has had. */
function processorOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Documents a second, and milliseconds of the processor a document of each group of processes. */
async function measure(groups, work) {
  const had = groups.map((pids) => pids.map(processorOf));
  const start = performance.now();
  await work();
  const rate = (1000 * documents.length) / (performance.now() - start);
  const spent = groups.map((pids, g) => pids.reduce((sum, pid, i) => sum + processorOf(pid) - had[g][i], 0));
  return { rate, each: spent.map((seconds) => ((1000 * seconds) / documents.length).toFixed(1)) };
}

const alone = await openRecipe({ store, url, table: "alone", model });
const without = await measure([[process.pid]], () => ingest(documents, alone.recipe));
await alone.close();
console.log(
  `one process, no queue: ${without.rate.toFixed(1)} documents a second; ${without.each[0]} ms of the processor each`,
);

for (const count of values.workers.split(",").map(Number)) {
  const name = `scale-${count}`;
  const given = { store, url, table: `scale_${count}`, model, redis: connection, name };
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, [workerFile, JSON.stringify(given)], { stdio: ["ignore", "pipe", "inherit"] }),
  );
  await Promise.all(children.map((child) => once(child.stdout, "data")));
  const queue = await openIngestQueue({ connection, name });
  const groups = [children.map((child) => child.pid), [process.pid], [pid]];
  const { rate, each } = await measure(groups, () => queue.ingest(documents));
  console.log(
    `${count} workers: ${rate.toFixed(1)} documents a second, ${(rate / without.rate).toFixed(2)} of one process; ` +
      `${each[0]} ms of the processor each in workers, ${each[1]} in the process with the documents, ${each[2]} in Redis`,
  );
  await queue.dispose();
  for (const child of children) {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
}
stop();
await stopStore();
