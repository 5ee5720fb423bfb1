import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadReranker } from "@bge-js/core";
import { BgeEmbeddings, BgeReranker, BgeRerankRetriever, BgeRetriever } from "@bge-js/langchain";
import { CacheBackedEmbeddings } from "@langchain/classic/embeddings/cache_backed";
import { ContextualCompressionRetriever } from "@langchain/classic/retrievers/contextual_compression";
import { LocalFileStore } from "@langchain/classic/storage/file_system";
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import { Document } from "@langchain/core/documents";
import { RunnableMap, RunnablePassthrough } from "@langchain/core/runnables";
import { InMemoryStore } from "@langchain/core/stores";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FACTS, QUESTIONS } from "../support/adapters/facts.js";

const embeddings = new BgeEmbeddings();
const reranker = new BgeReranker();
const facts = FACTS.map(
  (pageContent, index) => new Document({ id: `fact-${index}`, pageContent, metadata: { index } }),
);
let store: MemoryVectorStore;

beforeAll(async () => {
  store = new MemoryVectorStore(embeddings);
  await store.addDocuments(facts);
});
afterAll(async () => {
  await embeddings.dispose();
  await reranker.dispose();
});

describe("LangChain with the embedded model", () => {
  it("finds answers in a vector store", async () => {
    for (const [question, answer] of QUESTIONS) {
      const [[best, score]] = (await store.similaritySearchWithScore(question, 1)) as [[Document, number]];
      expect(best.pageContent).toBe(FACTS[answer]);
      expect(score).toBeGreaterThan(0.5);
    }
  });

  it("compresses in ContextualCompressionRetriever", async () => {
    const baseRetriever = store.asRetriever({ k: 100 });
    const retriever = new ContextualCompressionRetriever({ baseCompressor: reranker, baseRetriever });
    for (const [question, answer] of QUESTIONS) {
      const documents = await retriever.invoke(question);
      expect(documents.length).toBe(3);
      expect(documents[0]).toMatchObject({
        id: `fact-${answer}`,
        pageContent: FACTS[answer],
        metadata: { index: answer, relevanceScore: expect.any(Number) },
      });
    }
    // What is in the store stays as it was put there.
    expect(store.memoryVectors.some(({ metadata }) => "relevanceScore" in metadata)).toBe(false);
  });

  it("reranks by core's default reranker", async () => {
    await using core = await loadReranker();
    for (const [question] of QUESTIONS) {
      const ranked = await reranker.rerank(FACTS, question, { topN: FACTS.length });
      const expected = await core.rerank(question, FACTS);
      expect(ranked).toEqual(expected.map(({ index, score }) => ({ index, relevanceScore: expect.closeTo(score, 4) })));
    }
  });

  it("caches document vectors in CacheBackedEmbeddings, in memory and in files", async () => {
    const folder = mkdtempSync(join(tmpdir(), "bge-js-"));
    const expected = await embeddings.embedDocuments(FACTS);
    for (const cache of [new InMemoryStore<Uint8Array>(), await LocalFileStore.fromPath(folder)]) {
      const { cacheNamespace: namespace } = embeddings;
      const cached = CacheBackedEmbeddings.fromBytesStore(embeddings, cache, { namespace });
      expect(await cached.embedDocuments(FACTS)).toEqual(expected);

      const disposed = new BgeEmbeddings();
      await disposed.dispose();
      const again = CacheBackedEmbeddings.fromBytesStore(disposed, cache, { namespace: disposed.cacheNamespace });
      expect(await again.embedDocuments(FACTS)).toEqual(expected);
      await expect(again.embedDocuments(["not in the cache"])).rejects.toMatchObject({ code: "DISPOSED" });

      const other = new BgeEmbeddings({ dimensions: 128 });
      const apart = CacheBackedEmbeddings.fromBytesStore(other, cache, { namespace: other.cacheNamespace });
      expect((await apart.embedDocuments(FACTS.slice(0, 1)))[0]!.length).toBe(128);
      await other.dispose();
    }
    rmSync(folder, { recursive: true });
  });
});

describe("BgeRetriever", () => {
  it("finds answers by words, vectors and late interaction, in a chain", async () => {
    const options = { lateInteraction: true, reranker: false, topN: 2, load: { threads: 1 } } as const;
    await using retriever = await BgeRetriever.fromDocuments(facts, options);
    const best = retriever.pipe((documents) => documents[0]!.pageContent);
    const chain = RunnableMap.from({ best, question: new RunnablePassthrough<string>() });
    for (const [question, answer] of QUESTIONS) {
      const documents = await retriever.invoke(question);
      expect(documents).toHaveLength(2);
      expect(documents[0]).toMatchObject({ id: `fact-${answer}`, metadata: { index: answer } });
      expect(await chain.invoke(question)).toEqual({ best: FACTS[answer], question });
    }
    // An exact word, which vectors alone may miss.
    expect((await retriever.invoke("randomUUID"))[0]!.id).toBe("fact-4");
  });

  it("is a first stage for BgeRerankRetriever", async () => {
    const options = { lateInteraction: false, reranker: false, topN: 10 } as const;
    await using baseRetriever = await BgeRetriever.fromDocuments(facts, options);
    const retriever = new BgeRerankRetriever({ baseRetriever, reranker });
    for (const [question, answer] of QUESTIONS)
      expect((await retriever.invoke(question))[0]!.id).toBe(`fact-${answer}`);
  });
});

describe("BgeRerankRetriever", () => {
  it("retrieves and reranks, from a store or a retriever", async () => {
    const byStore = new BgeRerankRetriever({ vectorStore: store, reranker });
    const byRetriever = new BgeRerankRetriever({ baseRetriever: store.asRetriever({ k: 5 }), reranker, topN: 2 });
    for (const [question, answer] of QUESTIONS) {
      const documents = await byStore.invoke(question);
      expect(documents.length).toBe(3);
      expect(documents[0]!.id).toBe(`fact-${answer}`);
      const scores = documents.map(({ metadata }) => metadata["relevanceScore"]);
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
      expect((await byRetriever.invoke(question)).map(({ id }) => id)).toEqual(
        documents.slice(0, 2).map(({ id }) => id),
      );
    }
    const piped = byStore.pipe((documents: readonly { pageContent: string }[]) => documents.length);
    expect(await piped.invoke(QUESTIONS[0]![0])).toBe(3);
  });

  it("asks the store for k documents, 100 unless told otherwise", async () => {
    expect(new BgeRerankRetriever({ vectorStore: store, reranker }).baseRetriever).toMatchObject({ k: 100 });
    const retriever = new BgeRerankRetriever({ vectorStore: store, reranker, k: 2, topN: 100 });
    expect((await retriever.invoke("anything")).length).toBe(2);
  });

  it("passes callbacks on: the first stage is a child of its run", async () => {
    const seen = new Runs();
    const own = new Runs();
    const retriever = new BgeRerankRetriever({ vectorStore: store, reranker, callbacks: [own], tags: ["outer"] });
    await retriever.invoke(QUESTIONS[0]![0], { callbacks: [seen], runName: "hits", metadata: { trace: "t1" } });
    const [outer, inner] = seen.started;
    expect(seen.started.length).toBe(2);
    expect(outer).toMatchObject({ parent: undefined, name: "hits", tags: ["outer"] });
    expect(inner).toMatchObject({ parent: outer!.id });
    expect(inner!.tags).toEqual(expect.arrayContaining(["base_retriever", "memory"]));
    expect(inner!.metadata).toMatchObject({ trace: "t1" });
    expect(seen.ended).toEqual([
      { id: inner!.id, documents: FACTS.length },
      { id: outer!.id, documents: 3 },
    ]);
    expect(own.started.map(({ id }) => id)).toEqual([outer!.id]);
  });

  it("tells of an error at every level", async () => {
    const seen = new Runs();
    const disposed = new BgeReranker();
    await disposed.dispose();
    const retriever = new BgeRerankRetriever({ vectorStore: store, reranker: disposed });
    await expect(retriever.invoke("a question", { callbacks: [seen] })).rejects.toMatchObject({ code: "DISPOSED" });
    expect(seen.failed).toEqual([seen.started[0]!.id]);
  });

  it("needs one first stage, and k with a store alone", () => {
    const invalid = (parameter: string) => expect.objectContaining({ code: "INVALID_OPTION", parameter });
    const baseRetriever = store.asRetriever();
    expect(() => new BgeRerankRetriever({ reranker })).toThrow(invalid("vectorStore"));
    expect(() => new BgeRerankRetriever({ reranker, baseRetriever, vectorStore: store })).toThrow(
      invalid("vectorStore"),
    );
    expect(() => new BgeRerankRetriever({ reranker, baseRetriever, k: 10 })).toThrow(invalid("k"));
  });
});

/** Notes every retriever run. */
class Runs extends BaseCallbackHandler {
  override name = "runs";
  override awaitHandlers = true;
  readonly started: Run[] = [];
  readonly ended: { id: string; documents: number }[] = [];
  readonly failed: string[] = [];

  override handleRetrieverStart(...args: Parameters<NonNullable<BaseCallbackHandler["handleRetrieverStart"]>>): void {
    const [, , id, parent, tags, metadata, name] = args;
    this.started.push({ id, parent, tags, metadata, name });
  }

  override handleRetrieverEnd(documents: readonly unknown[], id: string): void {
    this.ended.push({ id, documents: documents.length });
  }

  override handleRetrieverError(_error: unknown, id: string): void {
    this.failed.push(id);
  }
}

interface Run {
  readonly id: string;
  readonly parent: string | undefined;
  readonly tags: string[] | undefined;
  readonly metadata: Record<string, unknown> | undefined;
  readonly name: string | undefined;
}
