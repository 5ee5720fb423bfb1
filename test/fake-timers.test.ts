import { loadEmbedder, loadReranker, pullModel } from "@bge-js/core";
import * as langchain from "@bge-js/langchain";
import * as llamaindex from "@bge-js/llamaindex";
import { loadRetriever } from "@bge-js/retriever";
import { Document } from "@llamaindex/core/schema";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { leftovers } from "./support/hub/cache.js";
import { ID, startTinyHub } from "./support/hub/tiny-hub.js";
import { hasLoopback } from "./support/loopback.js";
import { fixture } from "./support/models.js";
import { start } from "./support/programs.js";
import { ISOLATIONS } from "./support/workers.js";

/** All that Vitest can replace in a child process. `process.nextTick` is Node's own: its sockets and pipes hang without it. */
const FAKED = [
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "setImmediate",
  "clearImmediate",
  "Date",
  "performance",
  "queueMicrotask",
] as const;

// In a year far from the files' own, by clocks that stand still.
beforeEach(() => {
  vi.useFakeTimers({ toFake: [...FAKED], now: new Date("2099-01-01") });
});
afterEach(() => {
  vi.useRealTimers();
});

/** More text than one turn of the event loop takes, and more documents than a page of vectors. */
const documents = Array.from({ length: 1100 }, (_, i) => `${i} ${"word ".repeat(6)}`);
const cross = fixture("tiny-bert-reranker");
const tiny = { directory: fixture("tiny-bert-mean"), batching: "alone" } as const;

test.each(ISOLATIONS)("a model in a %s loads, embeds, reranks, keeps deadlines and is disposed", async (isolation) => {
  const options = { isolation, truncation: "silent", threads: 2, workers: 2 } as const;
  const embedder = await loadEmbedder(tiny, options);
  const reranker = await loadReranker(cross, options);
  expect(await embedder.embedDocuments(documents.slice(0, 50))).toHaveLength(50);
  let streamed = 0;
  for await (const _ of embedder.embedStream(documents.slice(0, 50))) streamed++;
  expect(streamed).toBe(50);
  expect(await reranker.rerank("word", documents.slice(0, 5))).toHaveLength(5);
  const late = embedder.embedDocuments(Array(20_000).fill("word ".repeat(300)), { deadlineMs: 50 });
  await expect(late).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
  await Promise.all([embedder.dispose(), reranker.dispose()]);
});

test("a retriever takes documents, and searches within a budget", async () => {
  const retriever = await loadRetriever({ embedder: tiny, reranker: false, load: { truncation: "silent" } });
  expect(await retriever.add(documents)).toMatchObject({ added: documents.length });
  const found = await retriever.search("word 7", { topN: 3, budgetMs: 60_000 });
  expect(found.results).toHaveLength(3);
  await retriever.dispose();
});

test("adapters do all of it through their frameworks", async () => {
  const embeddings = new langchain.BgeEmbeddings({ model: tiny, truncation: "silent" });
  expect(await embeddings.embedDocuments(documents.slice(0, 3))).toHaveLength(3);
  const compressor = new langchain.BgeReranker({ model: cross, topN: 1 });
  const pages = documents.map((pageContent) => ({ pageContent, metadata: {} }));
  expect(await compressor.compressDocuments(pages.slice(0, 3), "word")).toHaveLength(1);
  const retriever = new langchain.BgeRetriever({
    embedder: tiny,
    reranker: false,
    load: { truncation: "silent" },
    topN: 2,
  });
  await retriever.addDocuments(pages);
  expect(await retriever.invoke("word")).toHaveLength(2);
  const embedding = new llamaindex.BgeEmbedding({ model: tiny, truncation: "silent" });
  expect(await embedding.getTextEmbeddings(documents.slice(0, 3))).toHaveLength(3);
  const nodes = new llamaindex.BgeRetriever({
    embedder: tiny,
    reranker: false,
    load: { truncation: "silent" },
    topN: 2,
  });
  await nodes.insertNodes(documents.map((text) => new Document({ text })));
  expect(await nodes.retrieve("word")).toHaveLength(2);
  for (const one of [embeddings, compressor, retriever, embedding, nodes]) await one.dispose();
});

test.skipIf(!hasLoopback)(
  "a download takes its turn behind another's lock, and tries again after a failure",
  async () => {
    const { faulty, cache } = await startTinyHub();
    faulty({ status: 503 });
    const [one, other] = await Promise.all([pullModel(ID), pullModel(ID)]);
    expect(one.directory).toBe(other.directory);
    expect(leftovers(cache)).toEqual([]);
  },
);

test("Node's own runner of tests replaces the timers of Node's modules too, and that changes nothing", async () => {
  const program = start(`
    import { syncBuiltinESMExports } from "node:module";
    import { mock } from "node:test";
    import { setImmediate as imported } from "node:timers";
    import { loadEmbedder } from "@bge-js/core";
import { loadRetriever } from "@bge-js/retriever";
    const real = imported;
    mock.timers.enable({ apis: ["setTimeout", "setInterval", "setImmediate", "Date"] });
    syncBuiltinESMExports();
    console.log(imported === real ? "real" : "fake");
    const embedder = await loadEmbedder(${JSON.stringify(tiny)}, { truncation: "silent" });
    const retriever = await loadRetriever({ embedder, reranker: false });
    await retriever.add(Array.from({ length: 1100 }, (_, i) => i + " " + "word ".repeat(30)));
    console.log((await retriever.search("word 7", { topN: 3 })).results.length, "results");
    await embedder.embedDocuments(Array(20000).fill("word ".repeat(300)), { deadlineMs: 50 })
      .catch(({ code }) => console.log(code));
    await retriever.dispose();
    await embedder.dispose();
    console.log("disposed");
  `);
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(
    program.output.out
      .trim()
      .split("\n")
      .map((line) => line.trim()),
  ).toEqual(["fake", "3 results", "DEADLINE_EXCEEDED", "disposed"]);
});
