import { type Embedder, type RowStore, splitText } from "@bge-js/core";
import type { QdrantRetriever } from "@bge-js/qdrant";
import type { Retriever } from "@bge-js/retriever";
import type { Redis } from "ioredis";
import { expectTypeOf, test } from "vitest";
import { type IngestQueue, type IngestWorker, openIngestQueue } from "./bullmq.js";
import { type IngestReport, type IngestStore, ingest, postgresRows, postgresStore, retrieverStore } from "./index.js";
import { qdrantStore } from "./qdrant.js";

declare const embedder: Embedder;
declare const store: IngestStore;
declare const queue: IngestQueue;

interface Page {
  readonly id: string;
  readonly text: string;
  readonly page: number;
}
declare function pages(): AsyncGenerator<Page>;

test("one process: any source, chunks of any shape, a typed document", () => {
  expectTypeOf(ingest(["a text"], { store })).resolves.toEqualTypeOf<IngestReport>();
  expectTypeOf(ingest<Page>).toBeCallableWith(pages(), {
    store,
    embedder,
    chunk: ({ text, page }) => text.split("\n").map((line) => ({ text: line, line: page + 1 })),
    recipe: "lines",
  });
  expectTypeOf(ingest<Page>).toBeCallableWith([{ id: "a", text: "b", page: 1 }], {
    store,
    async *chunk({ text }, { signal }) {
      signal.throwIfAborted();
      yield text;
    },
    recipe: "whole",
    prune: true,
  });
  expectTypeOf(ingest<Page>).toBeCallableWith(pages(), {
    store,
    chunk: ({ text }) => splitText(text, { maxTokens: 256, countTokens: (part) => part.length }),
    recipe: "splitText",
  });
  // @ts-expect-error: a store is needed.
  void ingest(["a"], {});
  // @ts-expect-error: a chunk has a text.
  void ingest(["a"], { store, chunk: () => [{ page: 1 }], recipe: "pages" });
  // @ts-expect-error: a document has a text.
  void ingest([{ id: "a" }], { store });
});

test("stores", () => {
  expectTypeOf(retrieverStore({} as Retriever)).toEqualTypeOf<IngestStore>();
  expectTypeOf(qdrantStore({} as QdrantRetriever)).toEqualTypeOf<IngestStore>();
  const query = async () => ({ rows: [] });
  expectTypeOf(postgresStore({ query, table: "docs", type: "halfvec" })).toEqualTypeOf<IngestStore>();
  expectTypeOf(postgresRows({ query })).resolves.toEqualTypeOf<RowStore>();
  // What a wrapper without type arguments makes of PGlite's query().
  const generic = async <T>(_text: string, _values?: unknown[]): Promise<{ rows: T[] }> => ({ rows: [] });
  const wrapped = (text: string, values: unknown[]) => generic(text, values);
  expectTypeOf(postgresStore).toBeCallableWith({ query: wrapped });
  // @ts-expect-error: no such type.
  postgresStore({ query, type: "bit" });
});

test("many processes", () => {
  expectTypeOf(openIngestQueue).toBeCallableWith({ connection: { host: "localhost", port: 6379 } });
  expectTypeOf(openIngestQueue).toBeCallableWith({ connection: {} as Redis, name: "docs", prefix: "p" });
  expectTypeOf(queue.ingest<Page>).toBeCallableWith(pages(), {
    maxWaiting: 10,
    onProgress: ({ perSecond }) => perSecond,
  });
  expectTypeOf(queue.work({ store, embedder })).resolves.toEqualTypeOf<IngestWorker>();
  expectTypeOf<IngestQueue>().toExtend<AsyncDisposable>();
});
