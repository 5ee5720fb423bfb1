// A worker that is killed sooner or later: node worker.mjs '{"store", "url", "table", "model", "redis", "name", "stalledAfterMs"}'
import { openIngestQueue } from "@bge-js/ingest/bullmq";
import { openRecipe } from "./stores.mjs";

const { redis, name, stalledAfterMs, ...given } = JSON.parse(process.argv[2]);
const { recipe } = await openRecipe(given);
const queue = await openIngestQueue({ connection: redis, name });
await queue.work({ ...recipe, stalledAfterMs });
console.log("ready");
