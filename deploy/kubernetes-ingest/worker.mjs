// A worker of bulk ingestion: takes documents from the queue, embeds and stores them, until it is told to end. Its recipe is yours to
// change: another store, your own `chunk`, another model. All workers have the same.
import { createServer } from "node:http";
import { openIngestQueue } from "@bge-js/ingest/bullmq";
import { qdrantStore } from "@bge-js/ingest/qdrant";
import { loadQdrantRetriever } from "@bge-js/qdrant";
import { QdrantClient } from "@qdrant/js-client-rest";

const { REDIS_HOST, REDIS_PORT, REDIS_PASSWORD, QDRANT_URL, QDRANT_API_KEY, QDRANT_COLLECTION, METRICS_PORT } =
  process.env;

const queue = await openIngestQueue({
  connection: { host: REDIS_HOST, port: Number(REDIS_PORT), ...(REDIS_PASSWORD && { password: REDIS_PASSWORD }) },
});
const client = new QdrantClient({
  url: QDRANT_URL,
  checkCompatibility: false,
  ...(QDRANT_API_KEY && { apiKey: QDRANT_API_KEY }),
});
// A worker stores and does not search: it needs no reranker.
const retriever = await loadQdrantRetriever({ client, collection: QDRANT_COLLECTION, reranker: false });
const worker = await queue.work({ store: qdrantStore(retriever) });

// For probes and Prometheus. The numbers are those of the whole queue, whichever worker is asked.
const server = createServer(async ({ url }, response) => {
  try {
    if (url === "/health") response.end("ok\n");
    else if (url === "/metrics")
      response.setHeader("content-type", "text/plain; version=0.0.4").end(await queue.metrics());
    else response.writeHead(404).end();
  } catch (error) {
    response.writeHead(503).end(`${error.message}\n`);
  }
}).listen(Number(METRICS_PORT));

async function end() {
  await worker.dispose(); // finishes what it has
  server.close();
  server.closeAllConnections();
  await queue.dispose();
  await retriever.dispose();
}
process.once("SIGTERM", end);
process.once("SIGINT", end);
