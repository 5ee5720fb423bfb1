import { createBge } from "@bge-js/ai-sdk";
import * as core from "@bge-js/core";
import { loadMultimodalEmbedder } from "@bge-js/core/multimodal";
import { ingest, retrieverStore } from "@bge-js/ingest";
import * as langchain from "@bge-js/langchain";
import * as llamaindex from "@bge-js/llamaindex";
import { loadQdrantRetriever } from "@bge-js/qdrant";
import { loadRetriever, type Retriever } from "@bge-js/retriever";
import { loadMultimodalRetriever } from "@bge-js/retriever/multimodal";
import { serve } from "@bge-js/server";
import { openStore } from "@bge-js/store";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fixture } from "../support/models.js";

/** What nobody means to pass, and what no message may fail on. */
const circular: Record<string, unknown> = {};
circular["self"] = circular;
const noText = () => {
  throw new Error("no text");
};
const VALUES: Readonly<Record<string, unknown>> = {
  circular: circular,
  "a list of itself": [circular],
  bigint: 1n,
  "an object with a bigint": { a: 1n },
  "an object without a prototype": Object.create(null),
  symbol: Symbol("s"),
  "an object whose methods throw": { toJSON: noText, toString: noText },
  "an object that JSON leaves out": { toJSON: () => undefined },
  NaN: Number.NaN,
  "-1": -1,
  null: null,
  "an invalid date": new Date(Number.NaN),
  "a sparse list": new Array(3),
  "a very long text": "x".repeat(50_000),
};

type Call = (value: never) => unknown;

let embedder: core.Embedder;
let reranker: core.Reranker;
let retriever: Retriever;
beforeAll(async () => {
  embedder = await core.loadEmbedder({ directory: fixture("tiny-bert-cls"), lateInteraction: true });
  reranker = await core.loadReranker({ directory: fixture("tiny-bert-reranker") });
  retriever = await loadRetriever({ embedder, reranker: false });
});
afterAll(() => Promise.all([retriever, reranker, embedder].map((one) => one.dispose())));

/** Runs a call to its end, and returns what it throws. */
async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    const result = (await call()) as { dispose?: () => Promise<void> } & Partial<AsyncIterable<unknown>>;
    if (result?.[Symbol.asyncIterator] !== undefined) for await (const _ of result as AsyncIterable<unknown>);
    await result?.dispose?.();
    return undefined;
  } catch (error) {
    return error;
  }
}

async function expectNamed(call: Call): Promise<void> {
  for (const [kind, value] of Object.entries(VALUES)) {
    const error = await failureOf(() => call(value as never));
    // Some of these are valid somewhere.
    if (error === undefined) continue;
    expect(error, kind).toBeInstanceOf(core.BgeError);
    const { code, parameter, message } = error as core.BgeError;
    if (code.startsWith("INVALID")) expect(parameter, `${kind}: ${message}`).toBeDefined();
    expect(message.length, kind).toBeLessThan(2000);
  }
}

const model = { directory: fixture("tiny-bert-cls") };
const counter = { maxTokens: 8, countTokens: (text: string) => text.length };
const here = { url: "http://127.0.0.1:1", api: "tei" } as const;

const OPTIONS: Readonly<Record<string, (options: never) => unknown>> = {
  "loadEmbedder signal": (signal) => core.loadEmbedder(model, { signal }),
  "loadEmbedder outputs": (outputs) => core.loadEmbedder(model, { outputs }),
  "loadEmbedder dtype": (dtype) => core.loadEmbedder(model, { dtype }),
  "loadEmbedder task": (task) => core.loadEmbedder(model, { task }),
  "loadEmbedder keep": (keep) => core.loadEmbedder(model, { keep }),
  "loadReranker weights": (weights) => core.loadReranker(model, { weights }),
  "resolveModel revision": (revision) => core.resolveModel("bge-small-en-v1.5", { revision }),
  "resolveModel dtype": (dtype) => core.resolveModel("bge-small-en-v1.5", { dtype }),
  "pullModel token": (token) => core.pullModel("BAAI/bge-base-en-v1.5", { token, endpoint: "http://127.0.0.1:1" }),
  "embedQuery signal": (signal) => embedder.embedQuery("a", { signal }),
  "embedQuery options": (options) => embedder.embedQuery("a", options),
  "embed outputs": (outputs) => embedder.embed(["a"], { inputType: "query", outputs }),
  "embedStream onSkip": (onSkip) => embedder.embedStream(["a"], { onSkip }),
  "rerank topN": (topN) => reranker.rerank("a", ["b"], { topN }),
  "splitText maxTokens": (maxTokens) => core.splitText("some text", { ...counter, maxTokens }),
  "splitText countTokens' result": (count) => core.splitText("some text", { maxTokens: 8, countTokens: () => count }),
  "topKQuantized k": (k) => core.topKQuantized([1], [new Uint8Array(1)], k, { precision: "ubinary" }),
  "onEvent name": (name) => core.onEvent(name, () => {}),
  "onEvent listener": (listener) => core.onEvent("bge-js:call", listener),
  "loadRetriever directory": (directory) =>
    loadRetriever({ embedder, reranker: false, directory: [directory] as never }),
  "loadRetriever weights": (dense) => loadRetriever({ embedder, reranker: false, weights: { dense } }),
  "search stages": (stage) => retriever.search("a", { stages: [stage] }),
  "search filter's result": (answer) => retriever.search("a", { filter: () => answer }),
  "openStore maxBytes": (maxBytes) => openStore({ directory: "unused", maxBytes: [maxBytes] as never }),
  "ingest chunk's result": (chunks) =>
    ingest([{ id: "a", text: "t" }], { store: retrieverStore(retriever), recipe: "r", chunk: () => chunks }),
};

const ARGUMENTS: Readonly<Record<string, Call>> = {
  "loadEmbedder model": (value) => core.loadEmbedder(value),
  "loadEmbedder id": (id) => core.loadEmbedder({ ...model, id }),
  "loadEmbedder of a server": (dimensions) => core.loadEmbedder({ ...here, dimensions } as never),
  "createTokenCounter model": (value) => core.createTokenCounter(value),
  "embedDocuments text": (text) => embedder.embedDocuments([text]),
  "countTokens text": (text) => embedder.countTokens([text]),
  lexicalWeights: (sparse) => embedder.lexicalWeights(sparse),
  "lexicalWeights indices": (indices) => embedder.lexicalWeights({ indices, values: [1] }),
  "lexicalWeights index": (index) => embedder.lexicalWeights({ indices: [index], values: [1] }),
  "lexicalWeights values": (values) => embedder.lexicalWeights({ indices: [1], values }),
  "rerank document": (document) => reranker.rerank("a", [document]),
  "similarity vector": (vector) => core.similarity([1], vector),
  "similarity number": (number) => core.similarity([number], [1]),
  "topK query": (query) => core.topK(query, [[1]], 1),
  "topK vectors": (vectors) => core.topK([1], vectors, 1),
  "topK vector": (vector) => core.topK([1], [vector], 1),
  "topK number": (number) => core.topK([1], [[number]], 1),
  "topK k": (k) => core.topK([1], [[1]], k),
  sparseScore: (sparse) => core.sparseScore({ indices: [1], values: [1] }, sparse),
  "sparseScore values": (values) => core.sparseScore({ indices: [1], values }, { indices: [1], values: [1] }),
  hybridScore: (query) =>
    core.hybridScore(query, { dense: Float32Array.of(1) }, { dense: 1, sparse: 0, multiVector: 0 }),
  "hybridScore weights": (weights) => core.hybridScore({}, {}, weights),
  "quantize number": (number) => core.quantize([[number]], { precision: "binary" }),
  "add documents": (documents) => retriever.add(documents),
  "add document": (document) => retriever.add([document]),
  "add id": (id) => retriever.add([{ id, text: "t" }]),
  "add text": (text) => retriever.add([{ id: "i", text }]),
  "remove id": (id) => retriever.remove([id]),
  "get id": (id) => retriever.get(id),
  "has id": (id) => retriever.has(id),
  "ingest document": (document) => ingest([document], { store: retrieverStore(retriever) }),
};

describe("whatever is passed, an error of ours names the parameter and is short", () => {
  test.each(Object.keys(OPTIONS))("%s", (name) => expectNamed(OPTIONS[name]!));
  test.each(Object.keys(ARGUMENTS))("%s", (name) => expectNamed(ARGUMENTS[name]!));
});

/** An option of everything that takes an options object, which may have come from a class or from `Object.create(defaults)`. */
const OWNED: Readonly<Record<string, [option: string, call: (options: never) => unknown, others?: object]>> = {
  loadEmbedder: ["dtype", (options) => core.loadEmbedder(model, options)],
  loadReranker: ["scale", (options) => core.loadReranker(model, options)],
  loadMultimodalEmbedder: ["dtype", (options) => loadMultimodalEmbedder(model, options)],
  resolveModel: ["dtype", (options) => core.resolveModel(model, options)],
  pullModel: ["revision", (options) => core.pullModel("BAAI/bge-base-en-v1.5", options)],
  verifyModel: ["revision", (options) => core.verifyModel("BAAI/bge-base-en-v1.5", options)],
  "a model": ["pooling", (options) => core.loadEmbedder(options), model],
  "a server": ["timeoutMs", (options) => core.loadEmbedder(options), here],
  embedQuery: ["signal", (options) => embedder.embedQuery("a", options)],
  embedDocuments: ["onProgress", (options) => embedder.embedDocuments(["a"], options)],
  embedStream: ["onSkip", (options) => embedder.embedStream(["a"], options)],
  rerank: ["topN", (options) => reranker.rerank("a", ["b"], options)],
  splitText: ["overlapTokens", (options) => core.splitText("some text", options), counter],
  quantize: ["ranges", (options) => core.quantize([[1]], options), { precision: "int8" }],
  loadRetriever: ["directory", (options) => loadRetriever(options)],
  loadMultimodalRetriever: ["directory", (options) => loadMultimodalRetriever(options)],
  search: ["filter", (options) => retriever.search("a", options)],
  "loadRetriever weights": ["dense", (weights) => loadRetriever({ embedder, reranker: false, weights })],
  add: ["onProgress", (options) => retriever.add([], options)],
  loadQdrantRetriever: ["prefix", (options) => loadQdrantRetriever(options)],
  openStore: ["maxBytes", (options) => openStore(options), { directory: "unused" }],
  serve: ["host", (options) => serve(options)],
  ingest: ["recipe", (options) => ingest([], options), { store: {} }],
  "langchain BgeEmbeddings": ["dtype", (options) => new langchain.BgeEmbeddings(options)],
  "langchain BgeReranker": ["dtype", (options) => new langchain.BgeReranker(options)],
  "langchain BgeRetriever": ["directory", (options) => new langchain.BgeRetriever(options)],
  "langchain BgeRerankRetriever": ["tags", (options) => new langchain.BgeRerankRetriever(options)],
  "llamaindex BgeEmbedding": ["dtype", (options) => new llamaindex.BgeEmbedding(options)],
  "llamaindex BgeReranker": ["onTruncate", (options) => new llamaindex.BgeReranker(options)],
  "llamaindex BgeRetriever": ["filter", (options) => new llamaindex.BgeRetriever(options)],
  "llamaindex BgeSentenceSplitter": ["chunkSize", (options) => new llamaindex.BgeSentenceSplitter(options)],
  "ai-sdk embedding model": ["dtype", (options) => createBge().embeddingModel(options)],
  "ai-sdk reranking model": ["dtype", (options) => createBge().rerankingModel(options)],
};

describe("an option that a copy would lose is refused, not ignored", () => {
  test.each(Object.keys(OWNED))("%s", async (name) => {
    const [option, call, others = {}] = OWNED[name]!;
    class Config {}
    Object.defineProperty(Config.prototype, option, { get: () => undefined });
    class Listening {}
    Object.defineProperty(Listening.prototype, option, { value() {} });
    const given: Readonly<Record<string, object>> = {
      "a getter of a class": new Config(),
      "a method of a class": new Listening(),
      "of a prototype": Object.create({ [option]: 1 }),
      "of a bare prototype": Object.create(Object.assign(Object.create(null), { [option]: 1 })),
      hidden: Object.defineProperty({}, option, { value: 1 }),
    };
    for (const [kind, options] of Object.entries(given)) {
      // A class may have methods of any name but a listener's.
      if (kind === "a method of a class" && !/^on|^filter/.test(option)) continue;
      const error = await failureOf(() => call(Object.assign(options, others) as never));
      expect(error, kind).toMatchObject({ code: "INVALID_OPTION", parameter: option });
      expect((error as Error).message, kind).toContain("plain object");
    }
  });

  test("but a class may have methods, and fields of its own", async () => {
    class Config {
      readonly topN = 1;
      describe() {}
    }
    expect(await reranker.rerank("a", ["b", "c"], new Config())).toHaveLength(1);
  });

  test("and an object what others hide in it: the package config, and a compiler of modules", async () => {
    const hide = (options: object) =>
      Object.defineProperties(options, {
        get: { value() {} },
        has: { value() {} },
        util: { value: {} },
        __esModule: { value: true },
      });
    expect(await reranker.rerank("a", ["b", "c"], hide({ topN: 1 }))).toHaveLength(1);
    const embeddings = new langchain.BgeEmbeddings(hide({ model, threads: 1 }));
    expect(await embeddings.embedQuery("a")).toHaveLength(embedder.dimensions);
    await embeddings.dispose();
  });
});

test("no score is NaN", () => {
  const dense = Float32Array.of(1, 0);
  const nan = Float32Array.of(Number.NaN, 0);
  const only = (output: "dense" | "sparse" | "multiVector") => ({ dense: 0, sparse: 0, multiVector: 0, [output]: 1 });
  const rows = { data: dense, rows: 1, dimensions: 2 };
  const calls: Readonly<Record<string, () => unknown>> = {
    similarity: () => core.similarity(dense, nan),
    "topK query": () => core.topK(nan, [dense], 1),
    "topK vectors": () => core.topK(dense, [dense, nan], 1),
    "topK null": () => core.topK(dense, [[null, 0] as never], 1),
    "sparse lengths": () => core.sparseScore({ indices: [1, 2], values: [1] }, { indices: [1, 2], values: [1, 1] }),
    "hybrid lengths": () => core.hybridScore({ dense }, { dense: Float32Array.of(1) }, only("dense")),
    "hybrid NaN": () =>
      core.hybridScore({ multiVector: rows }, { multiVector: { ...rows, data: nan } }, only("multiVector")),
    "hybrid rows": () =>
      core.hybridScore(
        { multiVector: rows },
        { multiVector: { ...rows, rows: 0, data: new Float32Array(0) } },
        only("multiVector"),
      ),
  };
  for (const [name, call] of Object.entries(calls)) {
    expect(call, name).toThrow(expect.objectContaining({ code: "INVALID_INPUT", parameter: expect.any(String) }));
  }
  const none = { dense: 0, sparse: 0, multiVector: 0 };
  expect(() => core.hybridScore({ dense }, { dense }, none)).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION", parameter: "weights" }),
  );
});

test("topK names every vector that cannot be compared", () => {
  const vectors = [[1, 0], [Number.NaN, 0], [1], [0, 1], undefined] as number[][];
  expect(() => core.topK([1, 0], vectors, 1)).toThrow(
    expect.objectContaining({ code: "INVALID_INPUT", parameter: "vectors", indices: [1, 2, 4] }),
  );
});

test("a source whose iterator returns no objects is an error, and does not hold the event loop", async () => {
  const source = { [Symbol.asyncIterator]: () => ({ next: async () => undefined as never }) };
  const read = async () => {
    for await (const _ of embedder.embedStream(source));
  };
  await expect(read()).rejects.toThrow(TypeError);
});

test("a chunk function that returns a text is an error, and no list of its characters", async () => {
  const { size } = retriever;
  const options = { store: retrieverStore(retriever), recipe: "r", chunk: ({ text }: { text: string }) => text };
  await expect(ingest([{ id: "a", text: "several words" }], options)).rejects.toMatchObject({
    code: "INVALID_INPUT",
    message: expect.stringContaining("chunk returned a string"),
  });
  expect(retriever.size).toBe(size);
});

test("an id that the model does not have is an error", async () => {
  await expect(embedder.lexicalWeights({ indices: [5, 1_000_000_000], values: [1, 1] })).rejects.toMatchObject({
    code: "INVALID_INPUT",
    parameter: "sparse",
  });
});
