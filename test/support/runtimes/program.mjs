// Run by each runtime in a project of packed packages: prints a line of JSON for each step, with a digest of its numbers.
import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { loadEmbedder, loadReranker, onEvent } from "@bge-js/core";
import { loadRetriever } from "@bge-js/retriever";
import { openStore } from "@bge-js/store";

const TEXTS = [
  "Small dogs travel free on all our trains; large ones need a ticket and a muzzle.",
  "Train tickets are cheaper when they are booked two weeks ahead.",
  "Bicycles are not allowed on trains during rush hour.",
  "Ticket machine, error E-4712: the coin slot is blocked. Press the green button.",
  "Ünïcödé, 漢字, עברית and 🐕‍🦺 are letters like any others.",
  "word ".repeat(300),
];
const QUESTION = "Can I bring my pet?";
const LONG = Array.from({ length: 16 }, (_, i) => `${i} and more of it `.repeat(80));
const silent = { truncation: "silent" };

/** In this order. Each result must be the same everywhere. */
const STEPS = {
  embed: () =>
    using(loadEmbedder(undefined, { threads: 2, workers: 2 }), async (embedder) =>
      digest(await embedder.embedQuery(QUESTION), ...(await embedder.embedDocuments(TEXTS))),
    ),

  async rerank() {
    const fused = await using(loadReranker(), (reranker) => reranker.rerank(QUESTION, TEXTS));
    const logits = await using(loadReranker("bge-js/reranker-small-en"), (model) => model.score(QUESTION, TEXTS));
    return digest(fused, logits);
  },

  async directory(folder) {
    const directory = join(folder, "index");
    const documents = TEXTS.map((text, i) => ({ id: `t${i}`, text }));
    const [added, results, refused] = await using(loadRetriever({ directory }), async (writer) => [
      (await writer.add(documents)).added,
      (await writer.search(QUESTION)).results,
      await codeOf(loadRetriever({ directory })),
    ]);
    const unchanged = await using(loadRetriever({ directory }), async (writer) => {
      const known = await writer.add(documents);
      await using(loadRetriever({ directory, readOnly: true }), async (reader) => {
        const again = (await reader.search(QUESTION)).results;
        if (JSON.stringify(again) !== JSON.stringify(results)) throw new Error("other results than before");
        await writer.remove(["t5"]);
        if (reader.size !== documents.length - 1) throw new Error("the reader does not see what was removed");
      });
      return known.unchanged;
    });
    const files = (await readdir(directory)).sort();
    return [added, refused, unchanged, ...files, digest(results.map(({ id, score }) => [id, score]))];
  },

  store: (folder) =>
    using(openStore({ directory: join(folder, "rows") }), async (keep) => {
      const seen = [];
      const stop = onEvent("bge-js:keep", ({ found, read }) => seen.push([found, read]));
      await using(loadEmbedder(undefined, { keep, ...silent }), (embedder) => embedder.embedDocuments(TEXTS));
      const reranker = loadReranker("BAAI/bge-small-en-v1.5", { keep, ...silent });
      const scores = await using(reranker, (model) => model.score(QUESTION, TEXTS));
      stop();
      return [keep.kept().texts, ...seen.at(-1), digest(scores)];
    }),

  processes: () =>
    using(loadEmbedder(undefined, { isolation: "process" }), async (embedder) =>
      digest(await embedder.embedQuery(QUESTION)),
    ),

  /** In a worker thread of the program's own, whose models run in processes. */
  async thread() {
    const worker = new Worker(fileURLToPath(import.meta.url));
    const answer = new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
    return answer.finally(() => worker.terminate());
  },

  abort: () =>
    using(loadEmbedder(undefined, silent), async (embedder) => {
      const controller = new AbortController();
      const onProgress = ({ completed }) => completed === 3 && controller.abort(new Error("gone"));
      const call = embedder.embedDocuments(LONG, { signal: controller.signal, onProgress });
      const reason = await call.catch(({ message }) => message);
      return [reason, digest(await embedder.embedQuery(QUESTION))];
    }),

  deadline: () =>
    using(loadEmbedder(undefined, silent), (embedder) => codeOf(embedder.embedDocuments(LONG, { deadlineMs: 1 }))),

  /** Timers go on while models run. */
  free: () =>
    using(loadEmbedder(undefined, silent), async (embedder) => {
      let done = false;
      const bulk = embedder.embedDocuments(LONG).finally(() => {
        done = true;
      });
      let turns = 0;
      for (; !done; turns++) await sleep(2);
      await bulk;
      return turns > 5;
    }),

  errors: async () => [
    await codeOf(loadEmbedder("BAAI/bge-base-en-v1.5", { download: false })),
    await codeOf(loadEmbedder(undefined, { workers: -1 })),
  ],

  require: () =>
    using(createRequire(import.meta.url)("@bge-js/core").loadEmbedder(), async (embedder) =>
      digest(await embedder.embedQuery(QUESTION)),
    ),

  /** The last one is not disposed: idle workers must not keep the process. */
  exit: async () => digest(await (await loadEmbedder()).embedQuery(QUESTION)),
};

/** Not `await using`, which Node 20 does not know. */
async function using(loading, use) {
  const model = await loading;
  try {
    return await use(model);
  } finally {
    await model.dispose();
  }
}

function codeOf(promise) {
  return promise.then(
    () => "none",
    (error) => error.code ?? String(error),
  );
}

function digest(...values) {
  const hash = createHash("sha256");
  for (const value of values) hash.update(value instanceof Float32Array ? value : JSON.stringify(value));
  return hash.digest("hex").slice(0, 16);
}

if (isMainThread) {
  const folder = await mkdtemp(join(tmpdir(), "bge-js-runtime-"));
  for (const [name, step] of Object.entries(STEPS)) {
    const result = await step(folder).catch((error) => `${error.code ?? error.name}: ${error.message}`);
    console.log(JSON.stringify({ [name]: result }));
  }
  await rm(folder, { recursive: true });
} else {
  await using(loadEmbedder(), async (embedder) => parentPort.postMessage(digest(await embedder.embedQuery(QUESTION))));
}
