// What a user holds is wrapped in a Proxy by tracers, copied by frameworks, printed and sent as JSON by loggers.
import { inspect } from "node:util";
import { BgeError, type Embedder, loadEmbedder, loadReranker } from "@bge-js/core";
import * as langchain from "@bge-js/langchain";
import * as splitter from "@bge-js/langchain/splitter";
import * as llamaindex from "@bge-js/llamaindex";
import { loadQdrantRetriever, type QdrantRetriever } from "@bge-js/qdrant";
import * as qdrantLangchain from "@bge-js/qdrant/langchain";
import * as qdrantLlamaindex from "@bge-js/qdrant/llamaindex";
import { loadRetriever } from "@bge-js/retriever";
import { Document } from "@langchain/core/documents";
import { TextNode } from "@llamaindex/core/schema";
import { QdrantClient } from "@qdrant/js-client-rest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TINY_EMBEDDER, TINY_RERANKER } from "../support/adapters/contract.js";
import { hasLoopback } from "../support/loopback.js";
import { startQdrantDouble } from "../support/qdrant-double.js";
import type { QdrantUnderTest } from "../support/qdrant-servers.js";

const documents = ["a cat", "the moon"].map((pageContent, at) => new Document({ id: `${at}`, pageContent }));
const nodes = documents.map(({ id, pageContent }) => new TextNode({ id_: id!, text: pageContent }));
const ranked = nodes.map((node) => ({ node }));
/** As nobody wants to find it in a log. */
const endpoint = "https://user:secret@hub.example.com";
const load = { workers: 1, threads: 1 } as const;
const options = {
  embedder: TINY_EMBEDDER,
  reranker: false,
  lateInteraction: false,
  load: { ...load, endpoint },
} as const;

let qdrant: QdrantUnderTest;
let retriever: QdrantRetriever;
beforeAll(async () => {
  if (!hasLoopback) return;
  qdrant = await startQdrantDouble();
  retriever = await loadQdrantRetriever({
    // The client warns of an apiKey on a connection that is not encrypted.
    client: new QdrantClient({ url: qdrant.url, checkCompatibility: false, headers: { "api-key": "secret" } }),
    collection: "held",
    embedder: TINY_EMBEDDER,
    reranker: false,
    load: { ...load, endpoint },
  });
});
afterAll(async () => {
  await retriever?.dispose();
  await qdrant?.[Symbol.asyncDispose]();
});

/** Something to hold, and what is done with it. */
interface Held<T extends object> {
  make(): T;
  use(held: T): Promise<unknown>;
}

const held = <T extends object>(make: () => T, use: (held: T) => Promise<unknown>) => ({ make, use }) as Held<object>;

/** Every class that the adapters export, by the package's own name for it. */
const HELD: Readonly<Record<string, Held<object>>> = {
  "langchain BgeEmbeddings": held(
    () => new langchain.BgeEmbeddings({ model: TINY_EMBEDDER, ...load, endpoint }),
    async (it) => [await it.embedQuery("cats?"), await it.embedDocuments(["a cat"]), it.cacheNamespace],
  ),
  "langchain BgeReranker": held(
    () => new langchain.BgeReranker({ model: TINY_RERANKER, ...load, endpoint }),
    async (it) => [await it.rerank(["a cat", "the moon"], "cats?"), await it.compressDocuments(documents, "cats?")],
  ),
  "langchain BgeRetriever": held(
    () => new langchain.BgeRetriever(options),
    async (it) => {
      await it.addDocuments(documents);
      const first = await it.invoke("cats?");
      const bound = await it.withConfig({ tags: ["a"] }).invoke("cats?");
      const again = await it
        .withRetry()
        .pipe((found) => found.length)
        .invoke("cats?");
      await it.delete({ ids: ["0"] });
      return [first, bound, again, await it.batch(["cats?"])];
    },
  ),
  "langchain BgeRerankRetriever": held(
    () =>
      new langchain.BgeRerankRetriever({
        baseRetriever: new langchain.BgeRetriever(options),
        reranker: new langchain.BgeReranker({ model: TINY_RERANKER, ...load, endpoint }),
      }),
    async (it) => {
      await (it.baseRetriever as langchain.BgeRetriever).addDocuments(documents);
      return it.invoke("cats?");
    },
  ),
  "llamaindex BgeEmbedding": held(
    () => new llamaindex.BgeEmbedding({ model: TINY_EMBEDDER, ...load, endpoint }),
    async (it) => [
      await it.getQueryEmbedding({ type: "text", text: "cats?" }),
      await it.getTextEmbedding("a cat"),
      await it.getTextEmbeddingsBatch(["a cat"]),
    ],
  ),
  "llamaindex BgeReranker": held(
    () => new llamaindex.BgeReranker({ model: TINY_RERANKER, ...load, endpoint }),
    (it) => it.postprocessNodes(ranked, "cats?"),
  ),
  "langchain/splitter BgeTextSplitter": held(
    () => new splitter.BgeTextSplitter(),
    async (it) => [await it.splitText("# Cats\n\nA cat."), await it.splitDocuments(documents)],
  ),
  "llamaindex BgeTextSplitter": held(
    () => new llamaindex.BgeTextSplitter(),
    async (it) => [it.splitText("# Cats\n\nA cat."), it.splitTextMetadataAware("A cat.", "title: cats")],
  ),
  "llamaindex BgeRetriever": held(
    () => new llamaindex.BgeRetriever(options),
    async (it) => {
      await it.insertNodes(nodes);
      const found = await it.retrieve("cats?");
      await it.deleteNodes(["0"]);
      return [found, await it.retrieve({ query: "cats?" })];
    },
  ),
  "qdrant/langchain BgeQdrantVectorStore": held(
    () => new qdrantLangchain.BgeQdrantVectorStore({ retriever }),
    async (it) => {
      const ids = await it.addDocuments(documents);
      const found = [await it.similaritySearch("cats?"), await it.asRetriever(1).invoke("cats?")];
      const vector = await it.embeddings.embedQuery("cats?");
      const near = await it.similaritySearchVectorWithScore(vector, 1);
      await it.delete({ ids });
      return [found, near];
    },
  ),
  "qdrant/llamaindex BgeQdrantRetriever": held(
    () => new qdrantLlamaindex.BgeQdrantRetriever({ retriever }),
    async (it) => {
      await it.insertNodes(nodes);
      const found = await it.retrieve("cats?");
      await it.deleteNodes(["0", "1"]);
      return [found, await it.retrieve({ query: "cats?" })];
    },
  ),
};

/** Every nested object in a Proxy, too, as some tracers do; what is native stays itself. */
function membrane<T extends object>(target: T): T {
  return new Proxy(target, {
    get(object, key) {
      const value = Reflect.get(object, key);
      const plain = typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
      return plain ? membrane(value) : value;
    },
  });
}

async function dispose(it: object): Promise<void> {
  if (Symbol.asyncDispose in it) await (it as AsyncDisposable)[Symbol.asyncDispose]();
}

/** Private members of its own has LlamaIndex's SentenceSplitter, which this one extends. */
const LLAMAINDEX_OWN = "BgeSentenceSplitter";

describe("what the adapters export", () => {
  it("is all tried here", () => {
    const classes = (name: string, module: object) =>
      Object.keys(module)
        .filter((key) => key !== LLAMAINDEX_OWN)
        .map((key) => `${name} ${key}`);
    expect(Object.keys(HELD).sort()).toEqual(
      [
        ...classes("langchain", langchain),
        ...classes("langchain/splitter", splitter),
        ...classes("llamaindex", llamaindex),
        ...classes("qdrant/langchain", qdrantLangchain),
        ...classes("qdrant/llamaindex", qdrantLlamaindex),
      ].sort(),
    );
  });

  describe.each(Object.entries(HELD))("%s", (name, { make, use }) => {
    const isHere = hasLoopback || !name.startsWith("qdrant");
    it.skipIf(!isHere)("works behind a Proxy, and as a copy", async () => {
      const plain = make();
      const expected = await use(plain);
      const copies = [new Proxy(make(), {}), membrane(make())];
      // A callable embedding is a function, which nobody copies field by field.
      if (typeof plain === "object") copies.push(Object.assign(Object.create(Object.getPrototypeOf(plain)), make()));
      for (const copy of copies) {
        expect(await use(copy)).toEqual(expected);
        await dispose(copy);
      }
      await dispose(plain);
    });

    it.skipIf(!isHere)("is printed and sent as JSON without options and models, used or not", async () => {
      const it = make();
      for (const _ of ["new", "used"]) {
        for (const text of [inspect(it), inspect(it, { depth: 10 }), JSON.stringify(it) ?? ""]) {
          expect(text.length).toBeLessThan(3000);
          expect(text).not.toContain("secret");
        }
        await use(it);
      }
      await dispose(it);
    });
  });
});

describe("what core loads", () => {
  let embedder: Embedder;
  beforeAll(async () => {
    embedder = await loadEmbedder(TINY_EMBEDDER, load);
  });
  afterAll(() => embedder.dispose());

  it("works behind a Proxy, and spread", async () => {
    await using reranker = await loadReranker(TINY_RERANKER, load);
    await using retriever = await loadRetriever({ embedder, reranker: false, lateInteraction: false });
    for (const wrap of [
      <T extends object>(it: T) => new Proxy(it, {}),
      membrane,
      <T extends object>(it: T) => ({ ...it }),
    ]) {
      expect(await wrap(embedder).embedQuery("cats?")).toEqual(await embedder.embedQuery("cats?"));
      for await (const vector of wrap(embedder).embedStream(["a cat"])) expect(vector).toHaveLength(48);
      expect(await wrap(reranker).rerank("cats?", ["a cat"])).toEqual(await reranker.rerank("cats?", ["a cat"]));
      await wrap(retriever).add([{ id: "0", text: "a cat" }]);
      expect((await wrap(retriever).search("cats?")).results).toHaveLength(1);
      expect(wrap(retriever).size).toBe(1);
      // Adapters take them for what they are.
      expect(await new langchain.BgeEmbeddings(wrap(embedder)).embedQuery("cats?")).toHaveLength(48);
      expect(await new llamaindex.BgeRetriever(wrap(retriever)).retrieve("cats?")).toHaveLength(1);
    }
    await retriever.add(Array.from({ length: 2000 }, (_, i) => `text ${i}`));
    for (const it of [embedder, reranker, retriever]) {
      for (const text of [inspect(it), inspect(it, { depth: 10 }), JSON.stringify(it)]) {
        expect(text.length).toBeLessThan(3000);
      }
    }
  });
});

describe("BgeError", () => {
  const completed = Array.from({ length: 2000 }, () => new Float32Array(384).fill(0.123456));
  const details = { parameter: "texts", indices: [7], completed, cause: new Error("the cause") };
  const error = new BgeError("DEADLINE_EXCEEDED", "too late", details);

  it("carries what was completed, and neither prints it nor sends it as JSON", () => {
    expect(error.completed).toBe(completed);
    expect(inspect(error).length).toBeLessThan(5000);
    expect(inspect(error)).toContain("the cause");
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: "BgeError",
      code: "DEADLINE_EXCEEDED",
      parameter: "texts",
      index: 7,
      indices: [7],
    });
  });

  it("is known behind a Proxy, and survives structuredClone as an Error", () => {
    expect(new Proxy(error, {})).toBeInstanceOf(BgeError);
    expect(new Proxy(error, {}).completed).toBe(completed);
    expect(structuredClone(error)).toMatchObject({ message: "too late", cause: { message: "the cause" } });
  });
});
