import { loadEmbedder, loadReranker } from "@bge-js/core";
import { BgeEmbeddings, BgeReranker } from "@bge-js/langchain";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { describe, expect, it } from "vitest";
import { deepFreeze, TINY_EMBEDDER, TINY_RERANKER, testAdapter } from "./contract.js";

describe("@bge-js/langchain keeps the adapters' contract", () => {
  testAdapter({
    embeddings(input) {
      const embeddings = new BgeEmbeddings(input);
      return {
        documents: (texts) => embeddings.embedDocuments(texts),
        query: (text) => embeddings.embedQuery(text),
        dispose: () => embeddings.dispose(),
        [Symbol.asyncDispose]: () => embeddings[Symbol.asyncDispose](),
      };
    },
    reranker(input) {
      const reranker = new BgeReranker(input);
      return {
        async rank(documents, query) {
          const kept = await reranker.compressDocuments(documents as DocumentInterface[], query);
          return kept.map(({ id, pageContent, metadata }) => ({
            id,
            text: pageContent,
            metadata,
            score: metadata["relevanceScore"],
          }));
        },
        dispose: () => reranker.dispose(),
        [Symbol.asyncDispose]: () => reranker[Symbol.asyncDispose](),
      };
    },
    document: (id, pageContent) =>
      deepFreeze(new Document({ id, pageContent, metadata: { source: id, nested: { kept: true } } })),
  });
});

describe("BgeEmbeddings", () => {
  it("reports progress and aborts by a call's own signal", async () => {
    await using embeddings = new BgeEmbeddings({ model: TINY_EMBEDDER, workers: 1 });
    const seen: number[] = [];
    const texts = Array.from({ length: 100 }, (_, i) => `text ${i}`);
    await embeddings.embedDocuments(texts, { onProgress: ({ completed }) => seen.push(completed) });
    expect(seen.at(-1)).toBe(100);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(embeddings.embedDocuments(texts, { signal })).rejects.toBe(signal.reason);
    await expect(embeddings.embedQuery("text", { signal })).rejects.toBe(signal.reason);
  });

  it("aborts by the call's signal or the instance's, whichever comes first", async () => {
    const instance = new AbortController();
    const call = new AbortController();
    await using embeddings = new BgeEmbeddings({ model: TINY_EMBEDDER, workers: 1, signal: instance.signal });
    expect((await embeddings.embedQuery("text", { signal: call.signal })).length).toBe(48);
    instance.abort(new Error("enough"));
    await expect(embeddings.embedQuery("text", { signal: call.signal })).rejects.toBe(instance.signal.reason);
  });

  it("names its cache by whatever changes a vector, the same before and after the load", async () => {
    const namespace = (fields: ConstructorParameters<typeof BgeEmbeddings>[0]) =>
      new BgeEmbeddings(fields).cacheNamespace;
    const plain = namespace(TINY_EMBEDDER);
    expect(plain).toMatch(/^tiny-bert-cls_fp32_48_[0-9a-f]{16}_$/);
    expect(namespace({ directory: TINY_EMBEDDER })).toBe(plain);
    expect(namespace({ model: TINY_EMBEDDER, workers: 1, truncation: "silent" })).toBe(plain);
    const others = [
      { model: TINY_EMBEDDER, dimensions: 8 },
      { model: TINY_EMBEDDER, maxTokens: 64 },
      { model: TINY_EMBEDDER, queryInstruction: "another " },
      { model: TINY_EMBEDDER, queryInstruction: false },
      { directory: TINY_EMBEDDER, pooling: "mean" },
      { directory: `${TINY_EMBEDDER}/../tiny-bert-mean` },
    ] as const;
    expect(new Set([plain, ...others.map(namespace)]).size).toBe(others.length + 1);

    for (const { model, ...options } of others.slice(0, 4) as { model: string }[]) {
      await using embedder = await loadEmbedder(model, { ...options, workers: 1 });
      expect(namespace(embedder)).toBe(namespace({ model, ...options }));
    }
    await using embedder = await loadEmbedder(TINY_EMBEDDER, { workers: 1 });
    expect(namespace(embedder)).toBe(plain);
    expect(() => namespace("./no-such-folder")).toThrow(expect.objectContaining({ code: "MODEL_NOT_FOUND" }));
    expect(() => namespace(TINY_RERANKER)).toThrow(expect.objectContaining({ code: "MODEL_MISMATCH" }));
  });
});

describe("BgeReranker", () => {
  it("ranks strings, documents and bare page contents as CohereRerank does", async () => {
    await using reranker = await loadReranker(TINY_RERANKER, { workers: 1, scale: "sigmoid" });
    const ranker = new BgeReranker({ model: reranker, topN: 2 });
    const texts = ["a cat", "the moon", "a dog"];
    const expected = (await reranker.rerank("cats?", texts)).map(({ index, score }) => ({
      index,
      relevanceScore: score,
    }));
    const documents = [new Document({ pageContent: texts[0]! }), texts[1]!, { pageContent: texts[2]! }];
    expect(await ranker.rerank(documents, "cats?", { topN: 3 })).toEqual(expected);
    expect(await ranker.rerank(texts, "cats?")).toEqual(expected.slice(0, 2));
    expect(await ranker.rerank([], "cats?")).toEqual([]);
    const [best, second] = expected;
    expect(second!.relevanceScore).toBeLessThan(best!.relevanceScore);
    expect(await ranker.rerank(texts, "cats?", { threshold: best!.relevanceScore })).toEqual([best]);
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(ranker.rerank(texts, "cats?", { signal })).rejects.toBe(signal.reason);
    // @ts-expect-error what is no document
    await expect(ranker.rerank(["a", null], "cats?")).rejects.toMatchObject({ code: "INVALID_INPUT", index: 1 });
  });

  it("returns Documents, without an id where there was none", async () => {
    await using ranker = new BgeReranker({ model: TINY_RERANKER, workers: 1 });
    const [kept] = await ranker.compressDocuments([{ pageContent: "a cat", metadata: { page: 1 } }], "cats?");
    expect(kept).toBeInstanceOf(Document);
    expect(kept!.id).toBeUndefined();
    expect(kept!.metadata).toEqual({ page: 1, relevanceScore: expect.any(Number) });
  });
});
