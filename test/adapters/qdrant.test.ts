import { randomUUID } from "node:crypto";
import { type Embedder, loadEmbedder, loadReranker, type Reranker } from "@bge-js/core";
import { loadQdrantRetriever, type QdrantRetriever } from "@bge-js/qdrant";
import { BgeQdrantVectorStore } from "@bge-js/qdrant/langchain";
import { BgeQdrantRetriever } from "@bge-js/qdrant/llamaindex";
import { Document } from "@langchain/core/documents";
import { ImageDocument, ImageNode, Document as LlamaDocument, MetadataMode, TextNode } from "@llamaindex/core/schema";
import { QdrantClient } from "@qdrant/js-client-rest";
import { RetrieverQueryEngine } from "llamaindex";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fixture } from "../support/models.js";
import { type QdrantUnderTest, SERVERS } from "../support/qdrant-servers.js";

const TEXTS = [
  "a cat sat on a mat",
  "the moon is far away",
  "cats and dogs",
  "a dog ran to the moon",
  "the mat is red",
];

describe.each(SERVERS)("$name", ({ isHere, start }) => {
  describe.skipIf(!isHere)("the frameworks' classes of @bge-js/qdrant", () => {
    let server: QdrantUnderTest;
    let client: QdrantClient;
    let embedder: Embedder;
    let crossEncoder: Reranker;
    let retriever: QdrantRetriever;
    beforeAll(async () => {
      server = await start();
      client = new QdrantClient({ url: server.url, checkCompatibility: false });
      embedder = await loadEmbedder({ directory: fixture("tiny-bert-cls"), lateInteraction: true });
      crossEncoder = await loadReranker(fixture("tiny-bert-reranker"));
    });
    const made: string[] = [];
    beforeEach(async () => {
      const collection = `bge-js-test-${randomUUID()}`;
      made.push(collection);
      retriever = await loadQdrantRetriever({ client, collection, embedder, reranker: false, lateInteraction: true });
    });
    afterAll(async () => {
      for (const one of made) await client.deleteCollection(one);
      await Promise.all([embedder.dispose(), crossEncoder.dispose(), server[Symbol.asyncDispose]()]);
    });

    test("both give the further fields of documents that were added elsewhere as metadata", async () => {
      await retriever.add([
        { id: "fields", text: "one cat", page: 12, tags: ["a"] },
        { id: "metadata", text: "two cats", page: 12, metadata: { page: 13, file: "b" } },
        { id: "no object", text: "three cats", metadata: "c" },
      ]);
      const expected = new Map<string | undefined, [string, object]>([
        ["fields", ["one cat", { page: 12, tags: ["a"] }]],
        ["metadata", ["two cats", { page: 13, file: "b" }]],
        ["no object", ["three cats", { metadata: "c" }]],
      ]);
      const documents = await new BgeQdrantVectorStore({ retriever }).similaritySearch("cat");
      expect(new Map(documents.map(({ id, pageContent, metadata }) => [id, [pageContent, metadata]]))).toEqual(
        expected,
      );
      const found = await new BgeQdrantRetriever({ retriever }).retrieve("cat");
      const nodes = found.map(({ node }) => [node.id_, [node.getContent(MetadataMode.NONE), node.metadata]] as const);
      expect(new Map(nodes)).toEqual(expected);
    });

    describe("LangChain.js", () => {
      const documents = TEXTS.map(
        (pageContent, i) => new Document({ pageContent, metadata: { page: i, nested: { kept: [true, null] } } }),
      );

      test("finds what the retriever finds, as documents with their metadata and ids", async () => {
        const store = new BgeQdrantVectorStore({ retriever });
        const ids = await store.addDocuments(documents);
        expect(await store.addDocuments(documents)).toEqual(ids);
        expect(await retriever.count()).toBe(5);
        const { results } = await retriever.search("moon cat");
        const found = await store.similaritySearchWithScore("moon cat", 10);
        expect(found.map(([{ id }, score]) => [id, score])).toEqual(
          results.map(({ id, score }) => [id, expect.closeTo(score, 5)]),
        );
        for (const [document] of found) {
          expect(document).toBeInstanceOf(Document);
          const { pageContent, metadata } = documents[ids.indexOf(document.id!)]!;
          expect([document.pageContent, document.metadata]).toEqual([pageContent, metadata]);
        }
        expect(await store.similaritySearch("moon")).toHaveLength(4);
      });

      test("asRetriever has filters; deleting by id; ids of the caller's own", async () => {
        const store = new BgeQdrantVectorStore({ retriever, stages: ["lexical"] });
        const ids = ["a", "b", "c", "d", "e"];
        expect(await store.addDocuments(documents, { ids })).toEqual(ids);
        const filter = { must: [{ key: "metadata.page", range: { gte: 2 } }] };
        const moons = await store.asRetriever({ k: 3, filter }).invoke("moon");
        expect(moons.map(({ id }) => id)).toEqual(["d"]);
        await store.delete({ ids: ["d", "nobody"] });
        expect(await store.asRetriever({ filter }).invoke("moon")).toEqual([]);
        await expect(store.addDocuments(documents, { ids: ["a"] })).rejects.toMatchObject({ parameter: "ids" });
        const bad = [documents[0]!, { metadata: {} } as Document];
        await expect(store.addDocuments(bad)).rejects.toMatchObject({ code: "INVALID_INPUT", indices: [1] });
      });

      test("by a vector: the nearest, with their cosines; vectors alone are refused, and other embeddings", async () => {
        const store = new BgeQdrantVectorStore({ retriever });
        await store.addDocuments(documents);
        const vector = await store.embeddings.embedQuery("the moon");
        const [best, next] = await store.similaritySearchVectorWithScore(vector, 2);
        const vectors = await store.embeddings.embedDocuments(TEXTS);
        const cosines = vectors.map((one) => one.reduce((sum, value, d) => sum + value * vector[d]!, 0));
        expect(best![1]).toBeCloseTo(Math.max(...cosines), 3);
        expect(best![1]).toBeGreaterThanOrEqual(next![1]);
        await expect(store.addVectors()).rejects.toMatchObject({ code: "INVALID_INPUT" });
        for (const make of [() => BgeQdrantVectorStore.fromTexts(), () => BgeQdrantVectorStore.fromDocuments()]) {
          await expect(make()).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "embeddings" });
        }
        const wrong = () => new BgeQdrantVectorStore({ retriever: Promise.resolve(retriever) as never });
        expect(wrong).toThrow(expect.objectContaining({ code: "INVALID_OPTION", parameter: "retriever" }));
      });

      test("a signal ends its calls, beside the signal of a call", async () => {
        const store = new BgeQdrantVectorStore({ retriever, signal: AbortSignal.abort(new Error("enough")) });
        await expect(store.addDocuments(documents)).rejects.toThrow("enough");
        await expect(store.similaritySearch("moon")).rejects.toThrow("enough");
        const { signal } = new AbortController();
        await expect(store.addDocuments(documents, { signal })).rejects.toThrow("enough");
      });

      test("tells what a budget has skipped: to onSkipped, else by one process warning", async () => {
        const reading = await loadQdrantRetriever({
          client,
          collection: retriever.collection,
          embedder,
          reranker: crossEncoder,
          lateInteraction: true,
        });
        const told: unknown[] = [];
        const onSkipped = (...given: unknown[]) => told.push(given);
        const warnings: string[] = [];
        const onWarning = (warning: Error) => "code" in warning && warnings.push(`${warning.code} ${warning.message}`);
        const telling = new BgeQdrantVectorStore({ retriever: reading, budgetMs: 0.001, onSkipped });
        await telling.addDocuments(documents);
        await telling.similaritySearch("moon");
        expect(told).toEqual([[[{ stage: "crossEncoder", scored: 0, candidates: 5 }], "moon"]]);
        process.on("warning", onWarning);
        const silent = new BgeQdrantRetriever({ retriever: reading, budgetMs: 0.001 });
        await silent.retrieve("moon");
        await silent.retrieve("moon");
        await new Promise((resolve) => setImmediate(resolve)); // warnings come in the next turn
        process.off("warning", onWarning);
        expect(warnings).toEqual([expect.stringMatching(/^BGE_SKIPPED BgeQdrantRetriever.*crossEncoder read 0 of 5/)]);
        const wrong = () => new BgeQdrantVectorStore({ retriever, onSkipped: true as never });
        expect(wrong).toThrow(expect.objectContaining({ code: "INVALID_OPTION", parameter: "onSkipped" }));
      });

      test("refuses metadata that would come back as something else", async () => {
        const store = new BgeQdrantVectorStore({ retriever });
        const lost = [new Map([["a", 1]]), Number.NaN, new Date(0), () => 1];
        const bad = lost.map((value) => new Document({ pageContent: "a cat", metadata: { value } }));
        await expect(store.addDocuments([...bad, documents[0]!])).rejects.toMatchObject({
          code: "INVALID_INPUT",
          indices: [0, 1, 2, 3],
          message: expect.stringContaining("its field metadata.value is an object of the class Map"),
        });
        expect(await retriever.count()).toBe(1);
      });
    });

    describe("LlamaIndex.TS", () => {
      const nodes = TEXTS.map((text, i) => new TextNode({ id_: `id-${i}`, text, metadata: { page: i } }));

      test("finds what the retriever finds, as the nodes that were inserted", async () => {
        const own = new BgeQdrantRetriever({ retriever, topN: 10 });
        await own.insertNodes(nodes);
        await own.insertNodes([new LlamaDocument({ id_: "doc", text: "the price of bread", metadata: { page: 9 } })]);
        const { results } = await retriever.search("moon cat");
        const found = await own.retrieve("moon cat");
        expect(found.map(({ node, score }) => [node.id_, score])).toEqual(
          results.map(({ id, score }) => [id, expect.closeTo(score, 5)]),
        );
        for (const { node } of found) {
          const given = nodes.find(({ id_ }) => id_ === node.id_);
          if (given === undefined) expect(node).toBeInstanceOf(LlamaDocument);
          else {
            expect(node).toBeInstanceOf(TextNode);
            expect(node.getContent(MetadataMode.ALL)).toBe(given.getContent(MetadataMode.ALL));
            expect(node.metadata).toEqual(given.metadata);
          }
        }
        expect(results[0]!.document.text).toMatch(/^page: \d\n\n/);
      });

      test("images: with a text as they were, without one or in memory alone refused by index", async () => {
        const own = new BgeQdrantRetriever({ retriever });
        const captioned = new ImageNode({ id_: "captioned", image: "cat.png", text: "a cat" });
        const described = new ImageNode({ id_: "described", image: "moon.png", metadata: { caption: "the moon" } });
        const bare = new ImageNode({ image: "https://example.com/cat.png" });
        const inMemory = new ImageNode({ image: new Blob(["..."]), text: "a dog" });
        const url = new URL("https://example.com/bird.png");
        const linked = new ImageDocument({ id_: "linked", image: url, text: "a bird" });
        await expect(own.insertNodes([captioned, bare, inMemory, described, linked])).rejects.toMatchObject({
          code: "INVALID_INPUT",
          indices: [1, 2],
        });
        const found = (await own.retrieve("a cat")).map(({ node }) => node as ImageNode);
        expect(found.map(({ id_ }) => id_).sort()).toEqual(["captioned", "described", "linked"]);
        for (const node of found) expect(node).toBeInstanceOf(ImageNode);
        expect(found.map(({ image }) => image).sort()).toEqual(["cat.png", url.href, "moon.png"]);
      });

      test("refuses a query without text", async () => {
        const own = new BgeQdrantRetriever({ retriever });
        const image = { type: "image_url", image_url: { url: "https://example.com/cat.png" } };
        for (const query of [[image], [], " "]) {
          const call = own.retrieve({ query: query as never });
          await expect(call).rejects.toMatchObject({ code: "INVALID_INPUT", parameter: "query" });
        }
      });

      test("three by default; filters; deleting; storing again; a query engine takes it", async () => {
        const filter = { must: [{ key: "metadata.page", range: { gte: 1 } }] };
        const own = new BgeQdrantRetriever({ retriever, filter });
        await own.insertNodes(nodes);
        await own.insertNodes(nodes);
        expect(await retriever.count()).toBe(5);
        expect(await own.retrieve({ query: [{ type: "text", text: "cats" }] as never })).toHaveLength(3);
        const engine = new RetrieverQueryEngine(own, { synthesize: async ({ nodes }: never) => nodes } as never);
        expect(await engine.retrieve("moon")).toHaveLength(3);
        await own.deleteNodes(["id-1", "id-2", "id-3", "nobody"]);
        expect((await own.retrieve("moon")).map(({ node }) => node.id_)).toEqual(["id-4"]);
        await expect(own.insertNodes([nodes[0]!, {} as never])).rejects.toMatchObject({ indices: [1] });
        const wrong = () => new BgeQdrantRetriever({ retriever: {} as never });
        expect(wrong).toThrow(expect.objectContaining({ code: "INVALID_OPTION", parameter: "retriever" }));
      });
    });
  });
});
