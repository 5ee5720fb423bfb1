// An HTTP server that stays responsive while it embeds in bulk: inference runs in worker threads, and queries go first.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { loadEmbedder } from "@bge-js/core";

await using embedder = await loadEmbedder();

const server = createServer(async (request, response) => {
  const url = new URL(request.url ?? "/", "http://localhost");
  if (url.pathname === "/health") return void response.end("ok");
  const gone = new AbortController(); // drops queued work when the client disconnects
  response.on("close", () => gone.abort());
  try {
    const vector = await embedder.embedQuery(url.searchParams.get("q") ?? "", { signal: gone.signal });
    response.setHeader("content-type", "application/json").end(JSON.stringify(Array.from(vector)));
  } catch (error) {
    response.writeHead(500).end(error instanceof Error ? error.message : String(error));
  }
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port, not on a pipe

// Meanwhile a bulk job keeps every worker busy.
const texts = Array.from({ length: 80 }, (_, i) => `Paragraph ${i} of a long report. `.repeat(20));
let bulkDone = false;
const bulk = embedder.embedDocuments(texts).finally(() => {
  bulkDone = true;
});

const healthMs: number[] = [];
while (!bulkDone) {
  const start = performance.now();
  await (await fetch(`${address}/health`)).text();
  healthMs.push(performance.now() - start);
  await setTimeout(10);
}
const vector = (await (await fetch(`${address}/embed?q=hello`)).json()) as number[];
console.log(`${(await bulk).length} texts embedded; ${healthMs.length} health checks answered meanwhile`);
console.log(`slowest health check: ${Math.max(...healthMs).toFixed(0)} ms; a query gives ${vector.length} numbers`);
server.close();
server.closeAllConnections();
