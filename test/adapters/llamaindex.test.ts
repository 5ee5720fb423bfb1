import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadEmbedder, loadReranker } from "@bge-js/core";
import { BgeEmbedding, BgeReranker, BgeRetriever } from "@bge-js/llamaindex";
import { loadRetriever } from "@bge-js/retriever";
import { BaseRetriever } from "@llamaindex/core/retriever";
import {
  type BaseNode,
  Document,
  ImageNode,
  MetadataMode,
  type NodeWithScore,
  TextNode,
} from "@llamaindex/core/schema";
import { describe, expect, it } from "vitest";
import { deepFreeze, TINY_EMBEDDER, TINY_RERANKER, testAdapter } from "../support/adapters/contract.js";
import { type RetrieverInput, testRetrieverAdapter } from "../support/adapters/retriever-contract.js";

const TEXT = { type: "text", text: "cats?" } as const;
const IMAGE = { type: "image_url", image_url: { url: "https://example.com/cat.png" } } as const;
const picture = () => new ImageNode({ image: "https://example.com/cat.png" });

/** Queries by which nothing can be ranked or found. */
const NO_TEXT: readonly [string, unknown][] = [
  ["an image alone", [IMAGE]],
  ["an image in a bundle", { query: [IMAGE] }],
  ["an image that is no list", IMAGE],
  ["no parts", []],
  ["an empty string", ""],
  ["an empty text beside an image", [{ type: "text", text: " " }, IMAGE]],
  ["space", " \n"],
  ["a text part without text", [{ type: "text" }]],
  ["null", null],
  ["a number", 1],
];

const ranked = (kept: readonly NodeWithScore[]) =>
  kept.map(({ node, score }) => ({
    id: node.id_,
    text: node.getContent(MetadataMode.NONE),
    metadata: node.metadata,
    score,
  }));

function frozen(id_: string, text: string): TextNode {
  const metadata = { source: id_, nested: { kept: true } };
  // Out of the text that is read, so that scores are those of the text alone, as in LangChain.
  return deepFreeze(new TextNode({ id_, text, metadata, excludedEmbedMetadataKeys: Object.keys(metadata) }));
}

describe("@bge-js/llamaindex keeps the adapters' contract", () => {
  testAdapter({
    embeddings(input) {
      const embedding = new BgeEmbedding(input);
      return {
        documents: (texts) => embedding.getTextEmbeddingsBatch(texts as string[]),
        query: async (text) => (await embedding.getQueryEmbedding({ type: "text", text }))!,
        dispose: () => embedding.dispose(),
        [Symbol.asyncDispose]: () => embedding[Symbol.asyncDispose](),
      };
    },
    reranker(input) {
      const reranker = new BgeReranker(input);
      return {
        rank: async (nodes, query) => ranked(await reranker.postprocessNodes(nodes as NodeWithScore[], query)),
        dispose: () => reranker.dispose(),
        [Symbol.asyncDispose]: () => reranker[Symbol.asyncDispose](),
      };
    },
    document: (id, text) => deepFreeze({ node: frozen(id, text), score: 0.5 }),
  });
});

describe("BgeRetriever of @bge-js/llamaindex keeps the adapters' contract", () => {
  const underTest = (retriever: BgeRetriever) => ({
    add: (nodes: readonly unknown[], options = {}) => retriever.insertNodes(nodes as readonly BaseNode[], options),
    remove: (ids: readonly string[]) => retriever.deleteNodes(ids),
    search: async (query: string) => ranked(await retriever.retrieve(query)),
    dispose: () => retriever.dispose(),
    [Symbol.asyncDispose]: () => retriever[Symbol.asyncDispose](),
  });
  testRetrieverAdapter({
    retriever(input, accept) {
      if (accept === undefined) return underTest(new BgeRetriever(input));
      const filter = typeof accept === "function" ? ({ id_ }: BaseNode) => accept(id_) : accept;
      return underTest(new BgeRetriever({ ...(input as RetrieverInput), filter }));
    },
    filled: async (nodes, input) => underTest(await BgeRetriever.fromNodes(nodes as readonly BaseNode[], input)),
    document: frozen,
  });
});

describe("BgeEmbedding", () => {
  it("embeds unbound, by batches, and copies the array that LlamaIndex empties", async () => {
    await using embedder = await loadEmbedder(TINY_EMBEDDER, { workers: 1 });
    const embedding = new BgeEmbedding(embedder);
    expect(embedding.embedBatchSize).toBe(512);
    const { getTextEmbeddings } = embedding;
    const texts = ["a cat", "the moon"];
    const call = getTextEmbeddings(texts);
    texts.length = 0;
    expect((await call).length).toBe(2);

    embedding.embedBatchSize = 2;
    const progress: number[] = [];
    const many = ["a", "b", "c", "d", "e"];
    const vectors = await embedding.getTextEmbeddingsBatch(many, { progressCallback: (done) => progress.push(done) });
    expect(progress).toEqual([2, 4, 5]);
    const singly = await Promise.all(many.map((text) => embedding.getTextEmbedding(text)));
    vectors.forEach((vector, index) => {
      expect(vector.every((value, at) => Math.abs(value - singly[index]![at]!) < 1e-5)).toBe(true);
    });
  });

  it("is callable with nodes, and reads their metadata as the index does", async () => {
    await using embedding = new BgeEmbedding({ model: TINY_EMBEDDER, workers: 1 });
    const node = new TextNode({ text: "a cat", metadata: { file: "cats.md" } });
    await embedding([node]);
    const [read] = await embedding.getTextEmbeddings([node.getContent(MetadataMode.EMBED)]);
    expect(node.embedding).toEqual(read);
  });

  it("leaves out what is not text, and takes the empty query", async () => {
    await using embedding = new BgeEmbedding({ model: TINY_EMBEDDER, workers: 1 });
    expect(await embedding.getQueryEmbedding(IMAGE)).toBeNull();
    expect((await embedding.getQueryEmbedding({ type: "text", text: "" }))!.length).toBe(48);
  });

  it("embeds a query that is a string, and names what is neither text nor a part", async () => {
    await using embedding = new BgeEmbedding({ model: TINY_EMBEDDER, workers: 1 });
    const part = await embedding.getQueryEmbedding({ type: "text", text: "cats?" });
    expect(await embedding.getQueryEmbedding("cats?")).toEqual(part);
    for (const query of [undefined, null, 1, [], { text: "cats?" }]) {
      await expect(embedding.getQueryEmbedding(query as unknown as string)).rejects.toMatchObject({
        name: "BgeError",
        code: "INVALID_INPUT",
        parameter: "query",
      });
    }
    for (const texts of [undefined, null, "a cat"]) {
      await expect(embedding.getTextEmbeddings(texts as unknown as string[])).rejects.toMatchObject({
        name: "BgeError",
        code: "INVALID_INPUT",
        parameter: "texts",
      });
    }
  });

  it("tells its dimensions once loaded, and names no tokenizer", async () => {
    await using embedding = new BgeEmbedding({ model: TINY_EMBEDDER, workers: 1, dimensions: 16, maxTokens: 64 });
    expect(embedding.embedInfo).toBeUndefined();
    await embedding.getTextEmbedding("a cat");
    expect(embedding.embedInfo).toEqual({ dimensions: 16, maxTokens: 64 });
  });
});

describe("BgeReranker", () => {
  it("reads the metadata that metadataMode says, EMBED by default", async () => {
    await using core = await loadReranker(TINY_RERANKER, { workers: 1, scale: "sigmoid" });
    const node = new TextNode({ text: "a cat", metadata: { file: "cats.md" } });
    for (const metadataMode of [undefined, MetadataMode.EMBED, MetadataMode.NONE, MetadataMode.ALL]) {
      const reranker = new BgeReranker({ model: core, ...(metadataMode === undefined ? {} : { metadataMode }) });
      const [kept] = await reranker.postprocessNodes([{ node }], "cats?");
      const [score] = await core.score("cats?", [node.getContent(metadataMode ?? MetadataMode.EMBED)]);
      expect(kept!.score).toBeCloseTo(score!, 6);
      expect(kept!.node).toBe(node);
    }
  });

  it("reads a query in parts, and needs one", async () => {
    await using reranker = new BgeReranker({ model: TINY_RERANKER, workers: 1 });
    const nodes = [{ node: new TextNode({ text: "a cat" }) }];
    const whole = await reranker.postprocessNodes(nodes, "cats?");
    expect(await reranker.postprocessNodes(nodes, [{ type: "text", text: "cats?" }])).toEqual(whole);
    await expect(reranker.postprocessNodes(nodes)).rejects.toMatchObject({ code: "INVALID_INPUT", parameter: "query" });
    const [one, two] = [[TEXT, IMAGE, TEXT], "cats?\n\ncats?"];
    expect(await reranker.postprocessNodes(nodes, one)).toEqual(await reranker.postprocessNodes(nodes, two));
  });

  it.each(NO_TEXT)("refuses %s, with which it would rank by nothing", async (_, query) => {
    await using reranker = new BgeReranker({ model: TINY_RERANKER, workers: 1 });
    for (const nodes of [[{ node: new TextNode({ text: "a cat" }) }], []]) {
      await expect(reranker.postprocessNodes(nodes, query as string)).rejects.toMatchObject({
        name: "BgeError",
        code: "INVALID_INPUT",
        parameter: "query",
      });
    }
  });

  it("names images without text and what is no node, and ranks all that has text", async () => {
    await using reranker = new BgeReranker({ model: TINY_RERANKER, workers: 1, topN: 10 });
    const cat = { node: new TextNode({ text: "a cat" }) };
    const empty = { node: new TextNode({ text: "" }) };
    const captioned = { node: new ImageNode({ image: "cat.png", text: "", metadata: { caption: "a cat" } }) };
    expect(await reranker.postprocessNodes([cat, empty, captioned], "cats?")).toHaveLength(3);
    const mixed = [cat, { node: picture() }, empty, { node: undefined }, null, new TextNode({ text: "bare" })];
    await expect(reranker.postprocessNodes(mixed as NodeWithScore[], "cats?")).rejects.toMatchObject({
      name: "BgeError",
      code: "INVALID_INPUT",
      parameter: "nodes",
      indices: [1, 3, 4, 5],
    });
    for (const nodes of [undefined, null, "a cat", cat]) {
      await expect(reranker.postprocessNodes(nodes as unknown as NodeWithScore[], "cats?")).rejects.toMatchObject({
        name: "BgeError",
        code: "INVALID_INPUT",
        parameter: "nodes",
      });
    }
  });

  it("puts the score beside the node, and nothing into its metadata", async () => {
    await using reranker = new BgeReranker({ model: TINY_RERANKER, workers: 1 });
    const metadata = deepFreeze({ page: 1 });
    const node = new TextNode({ text: "a cat", metadata });
    const [kept] = await reranker.postprocessNodes([{ node, score: 0.5 }], "cats?");
    expect(kept).toEqual({ node, score: expect.any(Number) });
    expect(kept!.score).not.toBe(0.5);
    expect(kept!.node.metadata).toBe(metadata);
  });
});

describe("BgeRetriever", () => {
  const plain = { embedder: TINY_EMBEDDER, reranker: false, lateInteraction: false, load: { workers: 1 } } as const;

  it("returns the nodes that were inserted, Documents among them, unchanged", async () => {
    const nodes = [
      new TextNode({ text: "a cat", metadata: { file: "cats.md" } }),
      new Document({ text: "the moon", metadata: { file: "moon.md" } }),
    ];
    const before = JSON.stringify(nodes);
    await using retriever = await BgeRetriever.fromNodes(nodes, plain);
    const found = await retriever.retrieve("cats?");
    expect(new Set(found.map(({ node }) => node))).toEqual(new Set(nodes));
    for (const { node } of found) expect(nodes).toContain(node);
    expect(JSON.stringify(nodes)).toBe(before);
    expect(retriever).toBeInstanceOf(BaseRetriever);
  });

  it("keeps nodes in a directory, and gives back equal ones", async () => {
    const directory = mkdtempSync(join(tmpdir(), "bge-nodes-"));
    const nodes = [
      new TextNode({
        id_: "cat",
        text: "a cat",
        metadata: { file: "cats.md", page: 3 },
        relationships: { SOURCE: { nodeId: "x", metadata: {} } },
      }),
      new Document({ id_: "moon", text: "the moon", metadata: { file: "moon.md" } }),
    ];
    const first = await BgeRetriever.fromNodes(nodes, { ...plain, directory });
    await first.dispose();
    const core = await loadRetriever({ ...plain, directory });
    const found = await new BgeRetriever(core).retrieve("cats?");
    const byId = new Map(found.map(({ node }) => [node.id_, node]));
    expect([byId.get("cat"), byId.get("moon")]).toEqual(nodes);
    expect(byId.get("moon")).toBeInstanceOf(Document);
    await core.dispose();
    rmSync(directory, { recursive: true });
  });

  it("reads the metadata that metadataMode says, EMBED by default", async () => {
    const node = new TextNode({ text: "a cat", metadata: { file: "moon.md", secret: "zebra" } });
    node.excludedEmbedMetadataKeys = ["secret"];
    for (const metadataMode of [undefined, MetadataMode.EMBED, MetadataMode.NONE, MetadataMode.ALL]) {
      await using core = await loadRetriever(plain);
      const retriever = new BgeRetriever({ retriever: core, ...(metadataMode && { metadataMode }) });
      await retriever.insertNodes([node]);
      const { results } = await core.search("cats?");
      expect(results.map(({ document }) => document.text)).toEqual([
        node.getContent(metadataMode ?? MetadataMode.EMBED),
      ]);
    }
  });

  it("reads a query in parts", async () => {
    await using retriever = await BgeRetriever.fromNodes([new TextNode({ id_: "cat", text: "a cat" })], plain);
    const whole = await retriever.retrieve("cats?");
    expect(await retriever.retrieve({ query: "cats?" })).toEqual(whole);
    expect(await retriever.retrieve({ query: [{ type: "text", text: "cats?" }, IMAGE] })).toEqual(whole);
  });

  it.each(NO_TEXT)("refuses %s", async (_, query) => {
    await using retriever = await BgeRetriever.fromNodes([new TextNode({ text: "a cat" })], plain);
    await expect(retriever.retrieve({ query: query as string })).rejects.toMatchObject({
      name: "BgeError",
      code: "INVALID_INPUT",
      parameter: "query",
    });
  });

  it("names images without text, and adds the others", async () => {
    await using retriever = new BgeRetriever(plain);
    const captioned = new ImageNode({ image: "cat.png", text: "a cat" });
    const nodes = [new TextNode({ id_: "cat", text: "a cat" }), picture(), captioned];
    await expect(retriever.insertNodes(nodes)).rejects.toMatchObject({ code: "INVALID_INPUT", indices: [1] });
    const found = await retriever.retrieve("cats?");
    expect(found.map(({ node }) => node.id_).sort()).toEqual(["cat", captioned.id_].sort());
  });

  it("makes TextNodes of another's documents", async () => {
    await using core = await loadRetriever(plain);
    await core.add([{ id: "page", text: "a cat", page: 12 }]);
    const [found] = await new BgeRetriever(core).retrieve("cats?");
    expect(found!.node).toBeInstanceOf(TextNode);
    expect(found!.node).toMatchObject({ id_: "page", text: "a cat", metadata: { page: 12 } });
  });
});
