import { type BgeError, type Embedder, loadEmbedder } from "@bge-js/core";
import { type AnyDocument, type FailedDocument, ingest } from "@bge-js/ingest";
import { loadQdrantRetriever } from "@bge-js/qdrant";
import { loadRetriever } from "@bge-js/retriever";
import { QdrantClient } from "@qdrant/js-client-rest";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { STORES } from "./support/ingest-stores.js";
import { hasLoopback } from "./support/loopback.js";
import { fixture } from "./support/models.js";
import { startQdrantDouble } from "./support/qdrant-double.js";
import { idsOf, killedBy, onPost } from "./support/workers.js";

// Qdrant's engine behind Python takes its time on a busy machine.
vi.setConfig({ testTimeout: 240_000 });

/** Documents that are read together with one that ends its worker, by models that were loaded without `retryLost`. */
const POISON = "jackdaws love my big sphinx of quartz";
const RUNS = ["run", "encode-and-run"];
const documents: readonly AnyDocument[] = Array.from({ length: 40 }, (_, i) => ({
  id: `doc ${i}`,
  text: i === 17 ? POISON : `a text of its own, number ${i}`,
}));
const others = documents.filter((_, i) => i !== 17).map(({ id }) => id);

let embedder: Embedder;
let ids: readonly number[];
beforeAll(async () => {
  embedder = await loadEmbedder({ directory: fixture("tiny-bert-cls"), lateInteraction: true });
  ids = await idsOf(embedder, POISON);
});
afterAll(() => embedder.dispose());
afterEach(() => onPost.clear());

/** One worker dies with the first run that there is. */
function killOnce(): void {
  let isDone = false;
  onPost.add(({ type }, worker) => {
    if (isDone || !RUNS.includes(type)) return false;
    isDone = true;
    void worker.kill();
    return true;
  });
}

describe.each(STORES)("ingested into $name", ({ isHere, open }) => {
  test.skipIf(!isHere)("are all stored, unless they end workers alone", async () => {
    await using under = await open();
    const options = { ...under.recipe, chunk: ({ text }: AnyDocument) => [text], recipe: "whole" };
    const stored = async () => (await under.chunks()).map(({ document }) => document).sort();
    killOnce();
    const half = documents.slice(0, 10);
    expect(await ingest(half, options)).toMatchObject({ stored: 10, failed: 0 });
    killedBy(POISON, RUNS, ids);
    const failed: FailedDocument[] = [];
    const report = await ingest(documents, { ...options, onFailed: (one) => void failed.push(one) });
    expect(report).toMatchObject({ stored: 29, unchanged: 10, failed: 1 });
    expect(failed.map(({ id, index, error }) => [id, index, error.code])).toEqual([["doc 17", 17, "WORKER_LOST"]]);
    expect(await stored()).toEqual([...others].sort());
    // The one that was set aside is stored by a later call, once it can be.
    onPost.clear();
    expect(await ingest(documents, options)).toMatchObject({ stored: 1, unchanged: 39 });
  });
});

interface Index {
  add(documents: readonly AnyDocument[]): Promise<{ readonly added: number; readonly unchanged: number }>;
}

const INDEXES: readonly { readonly name: string; readonly isHere: boolean; readonly load: () => Promise<Index> }[] = [
  {
    name: "a retriever that keeps token rows",
    isHere: true,
    load: async () => disposed(await loadRetriever({ embedder, reranker: false, lateInteraction: true })),
  },
  {
    name: "a retriever that keeps vectors alone",
    isHere: true,
    load: async () => disposed(await loadRetriever({ embedder, reranker: false, lateInteraction: false })),
  },
  {
    name: "a collection of Qdrant",
    isHere: hasLoopback,
    async load() {
      const server = await startQdrantDouble();
      onTestFinished(() => server[Symbol.asyncDispose]());
      const client = new QdrantClient({ url: server.url, checkCompatibility: false });
      const options = { client, collection: "docs", embedder, reranker: false, averageWords: 9 } as const;
      return disposed(await loadQdrantRetriever(options));
    },
  },
];

describe.each(INDEXES)("added to $name", ({ isHere, load }) => {
  test.skipIf(!isHere)("are all added, unless they end workers alone", async () => {
    const index = await load();
    killOnce();
    expect(await index.add(documents.slice(0, 10))).toMatchObject({ added: 10 });
    killedBy(POISON, RUNS, ids);
    const error: BgeError = await index.add(documents).then(
      () => expect.unreachable(),
      (reason) => reason,
    );
    expect(error).toMatchObject({ code: "WORKER_LOST", indices: [17] });
    onPost.clear();
    expect(await index.add(documents)).toMatchObject({ added: 1, unchanged: 39 });
  });
});

function disposed<T extends AsyncDisposable>(index: T): T {
  onTestFinished(() => index[Symbol.asyncDispose]());
  return index;
}
