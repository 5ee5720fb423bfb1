// How many documents 1 to N worker processes ingest in a second, from a queue in Redis into PostgreSQL, each with one thread for the
// model; and one process without a queue.
//   npm run ingest-scale -- [--documents 300] [--workers 1,2] [--model bge-small-en-v1.5]

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { ingest } from "@bge-js/ingest";
import { openIngestQueue } from "@bge-js/ingest/bullmq";
import { documentOf, openRecipe } from "./ingest/recipe.mjs";
import { startPostgres, startRedis } from "./ingest/servers.mjs";

const { values } = parseArgs({
  options: {
    documents: { type: "string", default: "300" },
    workers: { type: "string", default: "1,2" },
    model: { type: "string", default: "bge-small-en-v1.5" },
  },
});
const { model } = values;
const workerFile = fileURLToPath(new URL("ingest/worker.mjs", import.meta.url));
// 0 to 995: none that cannot be stored.
const documents = Array.from({ length: Math.min(900, Number(values.documents)) }, (_, i) => documentOf(i));
const postgres = await startPostgres();
const { host, port, stop } = await startRedis();
const connection = { host, port };

async function timed(work) {
  const start = performance.now();
  await work();
  return (1000 * documents.length) / (performance.now() - start);
}

const alone = await openRecipe({ url: postgres.url, table: "alone", model });
await alone.pool.query("CREATE EXTENSION IF NOT EXISTS vector");
const without = await timed(() => ingest(documents, alone.recipe));
await alone.embedder.dispose();
await alone.pool.end();
console.log(`one process, no queue: ${without.toFixed(1)} documents a second`);

for (const count of values.workers.split(",").map(Number)) {
  const name = `scale-${count}`;
  const given = { url: postgres.url, table: `scale_${count}`, model, redis: connection, name };
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, [workerFile, JSON.stringify(given)], { stdio: ["ignore", "pipe", "inherit"] }),
  );
  await Promise.all(children.map((child) => once(child.stdout, "data")));
  const queue = await openIngestQueue({ connection, name });
  const rate = await timed(() => queue.ingest(documents));
  console.log(`${count} workers: ${rate.toFixed(1)} documents a second, ${(rate / without).toFixed(2)} of one process`);
  await queue.dispose();
  for (const child of children) {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
}
stop();
await postgres.stop();
