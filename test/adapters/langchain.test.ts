import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadEmbedder, loadReranker } from "@bge-js/core";
import { BgeEmbeddings, BgeReranker, BgeRerankRetriever, BgeRetriever } from "@bge-js/langchain";
import type { Retriever } from "@bge-js/retriever";
import { loadRetriever } from "@bge-js/retriever";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { BaseRetriever } from "@langchain/core/retrievers";
import { describe, expect, it } from "vitest";
import { deepFreeze, TINY_EMBEDDER, TINY_RERANKER, testAdapter } from "../support/adapters/contract.js";
import { type RetrieverInput, testRetrieverAdapter } from "../support/adapters/retriever-contract.js";

const frozen = (id: string, pageContent: string) =>
  deepFreeze(new Document({ id, pageContent, metadata: { source: id, nested: { kept: true } } }));

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
    document: frozen,
  });
});

describe("BgeRetriever of @bge-js/langchain keeps the adapters' contract", () => {
  const underTest = (retriever: BgeRetriever) => ({
    add: (documents: readonly unknown[], options = {}) =>
      retriever.addDocuments(documents as readonly DocumentInterface[], options),
    remove: (ids: readonly string[]) => retriever.delete({ ids }),
    async search(query: string) {
      const found = await retriever.invoke(query);
      return found.map(({ id, pageContent: text, metadata }) => ({
        id,
        text,
        metadata,
        score: metadata["relevanceScore"],
      }));
    },
    dispose: () => retriever.dispose(),
    [Symbol.asyncDispose]: () => retriever[Symbol.asyncDispose](),
  });
  // The contract looks at scores; a bare retriever, and what is none, stay as they are.
  const withScores = (input: Retriever | RetrieverInput = {}) =>
    Object.getPrototypeOf(input ?? "") === Object.prototype && !("dispose" in input)
      ? { ...input, scoreInMetadata: true }
      : input;
  testRetrieverAdapter({
    retriever(input, accept) {
      if (accept === undefined) return underTest(new BgeRetriever(withScores(input)));
      const filter = typeof accept === "function" ? ({ id }: DocumentInterface) => accept(id) : accept;
      return underTest(new BgeRetriever({ ...(input as RetrieverInput), filter, scoreInMetadata: true }));
    },
    filled: async (documents, input) =>
      underTest(await BgeRetriever.fromDocuments(documents as readonly DocumentInterface[], withScores(input))),
    document: frozen,
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

  it("names a query that says nothing, and a list that is none", async () => {
    await using ranker = new BgeReranker({ model: TINY_RERANKER, workers: 1 });
    const refused = (parameter: string) => ({ name: "BgeError", code: "INVALID_INPUT", parameter });
    for (const query of ["", " \n", undefined, null, 1, ["cats?"], "\ud800"]) {
      await expect(ranker.rerank(["a cat"], query as string)).rejects.toMatchObject(refused("query"));
      await expect(ranker.compressDocuments([], query as string)).rejects.toMatchObject(refused("query"));
    }
    for (const list of [undefined, null, "a cat", {}]) {
      await expect(ranker.rerank(list as string[], "cats?")).rejects.toMatchObject(refused("documents"));
      await expect(ranker.compressDocuments(list as Document[], "cats?")).rejects.toMatchObject(refused("documents"));
    }
    expect(await ranker.rerank(["", "a cat"], "cats?")).toHaveLength(2); // an empty document is one
  });

  it("returns Documents, without an id where there was none", async () => {
    await using ranker = new BgeReranker({ model: TINY_RERANKER, workers: 1 });
    const [kept] = await ranker.compressDocuments([{ pageContent: "a cat", metadata: { page: 1 } }], "cats?");
    expect(kept).toBeInstanceOf(Document);
    expect(kept!.id).toBeUndefined();
    expect(kept!.metadata).toEqual({ page: 1, relevanceScore: expect.any(Number) });
  });
});

describe("where scores are put", () => {
  const metadata = deepFreeze({ page: 1, tags: ["a"] });
  const documents = [new Document({ id: "cat", pageContent: "a cat", metadata })];
  const plain = { embedder: TINY_EMBEDDER, reranker: false, lateInteraction: false, load: { workers: 1 } } as const;
  const SCORED = { ...metadata, relevanceScore: expect.any(Number) };

  it("is metadata.relevanceScore in BgeReranker, unless it is not wanted", async () => {
    await using core = await loadReranker(TINY_RERANKER, { workers: 1, scale: "sigmoid" });
    for (const [input, expected] of [
      [core, SCORED],
      [{ model: core, scoreInMetadata: true }, SCORED],
      [{ model: core, scoreInMetadata: false }, metadata],
    ] as const) {
      const [kept] = await new BgeReranker(input).compressDocuments(documents, "cats?");
      expect(kept!.metadata).toEqual(expected);
      expect(kept!.metadata).not.toBe(metadata);
    }
  });

  it("is nowhere in the retrievers, unless it is wanted", async () => {
    await using core = await loadReranker(TINY_RERANKER, { workers: 1, scale: "sigmoid" });
    for (const [input, expected] of [
      [{}, metadata],
      [{ scoreInMetadata: false }, metadata],
      [{ scoreInMetadata: true }, SCORED],
    ] as const) {
      await using retriever = await BgeRetriever.fromDocuments(documents, { ...plain, ...input });
      expect((await retriever.invoke("cats?"))[0]!.metadata).toEqual(expected);
      // Whatever the reranker does for others, and its threshold and order are kept.
      for (const scoreInMetadata of [true, false]) {
        const reranker = new BgeReranker({ model: core, scoreInMetadata });
        const baseRetriever = new BgeRetriever({ ...plain });
        await baseRetriever.addDocuments(documents);
        const [found] = await new BgeRerankRetriever({ baseRetriever, reranker, ...input }).invoke("cats?");
        expect(found!.metadata).toEqual(expected);
        await baseRetriever.dispose();
      }
    }
  });

  it("leaves a relevanceScore that was there before", async () => {
    const earlier = [new Document({ pageContent: "a cat", metadata: { relevanceScore: "high" } })];
    await using retriever = await BgeRetriever.fromDocuments(earlier, plain);
    expect((await retriever.invoke("cats?"))[0]!.metadata).toEqual({ relevanceScore: "high" });
  });

  it("is true or false", () => {
    const invalid = expect.objectContaining({ code: "INVALID_OPTION", parameter: "scoreInMetadata" });
    const input = { scoreInMetadata: "no" as unknown as boolean };
    expect(() => new BgeReranker(input)).toThrow(invalid);
    expect(() => new BgeRetriever(input)).toThrow(invalid);
    const fields = { baseRetriever: new BgeRetriever(), reranker: new BgeReranker(), ...input };
    expect(() => new BgeRerankRetriever(fields)).toThrow(invalid);
  });
});

describe("BgeRetriever", () => {
  const plain = { embedder: TINY_EMBEDDER, reranker: false, lateInteraction: false, load: { workers: 1 } } as const;
  const texts = ["a cat", "the moon", "a dog"];
  const documents = texts.map((pageContent, page) => new Document({ pageContent, metadata: { page } }));

  it("gives documents without an id one of their own, which delete takes", async () => {
    await using retriever = new BgeRetriever({ ...plain, topN: 10 });
    const ids = [...(await retriever.addDocuments(documents)), ...(await retriever.addDocuments(documents))];
    expect(new Set(ids).size).toBe(6);
    expect((await retriever.invoke("cats?")).map(({ id }) => id).sort()).toEqual([...ids].sort());
    expect(await retriever.addDocuments([new Document({ id: "named", pageContent: "a cat" })])).toEqual(["named"]);
    await retriever.delete({ ids: ids.slice(0, 5) });
    expect((await retriever.invoke("cats?")).map(({ id }) => id).sort()).toEqual([ids[5], "named"].sort());
    // @ts-expect-error JavaScript can
    await expect(retriever.delete()).rejects.toMatchObject({ code: "INVALID_INPUT", parameter: "ids" });
  });

  it("keeps documents in a directory", async () => {
    const directory = mkdtempSync(join(tmpdir(), "bge-documents-"));
    const fields = { ...plain, directory, topN: 10 };
    const first = await BgeRetriever.fromDocuments(documents, fields, { ids: ["a", "b", "c"] });
    await first.delete({ ids: ["b"] });
    await first.dispose();
    await using again = new BgeRetriever(fields);
    const found = await again.invoke("cats?");
    expect(new Map(found.map(({ id, pageContent, metadata }) => [id, [pageContent, metadata]]))).toEqual(
      new Map([
        ["a", ["a cat", { page: 0 }]],
        ["c", ["a dog", { page: 2 }]],
      ]),
    );
    await again.dispose();
    rmSync(directory, { recursive: true });
  });

  it("takes ids as vector stores do, before the documents' own", async () => {
    await using retriever = new BgeRetriever({ ...plain, topN: 10 });
    const named = [...documents.slice(0, 2), new Document({ id: "own", pageContent: "a dog" })];
    const ids = Object.freeze(["x", "y", "z"]);
    expect(await retriever.addDocuments(named, { ids })).toEqual(ids);
    const found = await retriever.invoke("cats?");
    expect(new Map(found.map(({ id, pageContent }) => [id, pageContent]))).toEqual(
      new Map([
        ["x", "a cat"],
        ["y", "the moon"],
        ["z", "a dog"],
      ]),
    );
    // Again under the same ids: in the place of the first ones.
    expect(await retriever.addDocuments(named.toReversed(), { ids, onProgress: () => {} })).toEqual(ids);
    expect((await retriever.invoke("cats?")).find(({ id }) => id === "x")!.pageContent).toBe("a dog");
    expect(await retriever.addDocuments(named, { ids: undefined as unknown as string[] })).toContain("own");
    expect(await retriever.addDocuments([], { ids: [] })).toEqual([]);
    await retriever.delete({ ids: ["x", "y", "z"] });
    expect(await retriever.invoke("cats?")).toHaveLength(3);
    await using filled = await BgeRetriever.fromDocuments(documents, plain, { ids });
    expect((await filled.invoke("cats?")).map(({ id }) => id).sort()).toEqual(ids);
  });

  it("refuses ids that are not one a document, and adds nothing then", async () => {
    await using retriever = new BgeRetriever(plain);
    for (const ids of [
      [],
      ["x"],
      ["w", "x", "y", "z"],
      ["x", "y", ""],
      ["x", "y", 1],
      ["x", "y", undefined],
      "xyz",
      null,
    ]) {
      await expect(retriever.addDocuments(documents, { ids: ids as string[] })).rejects.toMatchObject({
        name: "BgeError",
        code: "INVALID_OPTION",
        parameter: "ids",
      });
    }
    expect(await retriever.invoke("cats?")).toEqual([]);
    // @ts-expect-error what no vector store of LangChain's has either
    await expect(retriever.addDocuments(documents, { id: "x" })).rejects.toMatchObject({ parameter: "id" });
  });

  it("returns Documents that are copies, with the metadata of the day on which they came", async () => {
    const document = new Document({ id: "d", pageContent: "a cat", metadata: { page: 1 } });
    await using retriever = await BgeRetriever.fromDocuments([document], plain);
    document.metadata.page = 2;
    const [first] = (await retriever.invoke("cats?")) as [Document];
    expect(first).toBeInstanceOf(Document);
    expect(first.metadata).toEqual({ page: 1 });
    first.metadata["page"] = 3;
    expect((await retriever.invoke("cats?"))[0]!.metadata["page"]).toBe(1);
  });

  it("adds to a shared retriever, beside what others put there", async () => {
    await using core = await loadRetriever(plain);
    await core.add(["a text of core's"]);
    const [one, other] = [new BgeRetriever(core), new BgeRetriever({ retriever: core, topN: 10 })];
    await one.addDocuments(documents);
    await other.addDocuments(documents);
    expect(core.size).toBe(7);
    await one.dispose();
    expect(await other.invoke("cats?")).toHaveLength(7);
  });

  it("aborts by the signal of a run, and only that run", async () => {
    await using retriever = await BgeRetriever.fromDocuments(documents, plain);
    const controller = new AbortController();
    const aborted = retriever.invoke("cats?", { signal: controller.signal });
    const other = retriever.invoke("cats?", { signal: new AbortController().signal });
    controller.abort(new Error("enough"));
    await expect(aborted).rejects.toBe(controller.signal.reason);
    expect(await other).toHaveLength(3);
    await expect(retriever.invoke("cats?", { signal: controller.signal })).rejects.toBe(controller.signal.reason);
    const bound = retriever.withConfig({ signal: controller.signal });
    await expect(bound.invoke("cats?")).rejects.toThrow();
    expect(await retriever.invoke("cats?", { timeout: 600_000 })).toHaveLength(3);
  });

  it("is a Runnable with tags, metadata and callbacks", async () => {
    const runs: unknown[] = [];
    const handleRetrieverStart = (_: unknown, query: string, ...rest: unknown[]) =>
      runs.push([query, rest[2], rest[3]]);
    await using retriever = await BgeRetriever.fromDocuments(documents, {
      ...plain,
      tags: ["animals"],
      metadata: { team: "a" },
      callbacks: [{ handleRetrieverStart, awaitHandlers: true }],
    });
    expect(retriever).toBeInstanceOf(BaseRetriever);
    expect(await retriever.pipe((found) => found.length).invoke("cats?")).toBe(3);
    expect(runs).toEqual([["cats?", ["animals"], expect.objectContaining({ team: "a" })]]);
    expect(await retriever.batch(["cats?", "dogs?"])).toHaveLength(2);
  });
});

describe("BgeRerankRetriever", () => {
  it("hands the signal of its run, and that of a timeout, to both stages", async () => {
    await using reranker = new BgeReranker({ model: TINY_RERANKER, workers: 1 });
    const controller = new AbortController();
    const seen: (AbortSignal | undefined)[] = [];
    const baseRetriever = new (class extends BaseRetriever {
      override lc_namespace = ["test"];
      override async invoke(...[query, config]: Parameters<BaseRetriever["invoke"]>) {
        const signal = config?.signal;
        seen.push(signal);
        if (query === "wait")
          await new Promise((_, reject) => signal!.addEventListener("abort", () => reject(signal!.reason)));
        return [new Document({ pageContent: "a cat" })];
      }
    })();
    const retriever = new BgeRerankRetriever({ baseRetriever, reranker });
    expect(await retriever.invoke("cats?", { signal: controller.signal })).toHaveLength(1);
    expect(await retriever.invoke("cats?")).toHaveLength(1);
    expect(seen).toEqual([controller.signal, undefined]);
    controller.abort(new Error("enough"));
    await expect(retriever.invoke("cats?", { signal: controller.signal })).rejects.toBe(controller.signal.reason);
    await expect(retriever.invoke("wait", { timeout: 1 })).rejects.toMatchObject({ name: "TimeoutError" });
  });
});
