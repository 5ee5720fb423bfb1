import { monitorEventLoopDelay } from "node:perf_hooks";
import { loadEmbedder } from "@bge-js/core";
import { expect, test } from "vitest";

/** The event loop's delay is measured against one run of the model in the same test: no time of ours is asserted. */
test("the caller's event loop stays free while 200 documents and one 1 MB text are embedded", async () => {
  const embedder = await loadEmbedder(undefined, { truncation: "silent" });
  const document = "retrieval ".repeat(398);
  expect(await embedder.countTokens(document)).toBe(400);
  await embedder.embedDocuments([document, document]);
  const runs: number[] = [];
  for (let i = 0; i < 5; i++) {
    const start = performance.now();
    await embedder.embedDocuments([document]);
    runs.push(performance.now() - start);
  }
  const oneRunMs = runs.sort((a, b) => a - b)[2]!;

  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const bulk = embedder.embedDocuments([...Array.from({ length: 200 }, () => document), "word ".repeat(200_000)]);
  const queries: number[] = [];
  let over = false;
  void bulk.finally(() => {
    over = true;
  });
  while (!over) {
    const start = performance.now();
    await embedder.embedQuery("does a query overtake the documents?");
    queries.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const vectors = await bulk;
  delay.disable();
  await embedder.dispose();

  expect(vectors).toHaveLength(201);
  const longestMs = delay.max / 1e6;
  console.log(
    `longest event-loop delay ${longestMs.toFixed(1)} ms, one model run ${oneRunMs.toFixed(1)} ms; ${queries.length} queries meanwhile`,
  );
  expect(longestMs).toBeLessThan(oneRunMs / 2);
  // Queries that waited for the whole bulk would be few.
  expect(queries.length).toBeGreaterThan(20);
});
