import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type BgeError, loadEmbedder } from "@bge-js/core";
import { loadMultimodalEmbedder, type MultimodalEmbedder } from "@bge-js/core/multimodal";
import { addImages, BgeMultimodalEmbeddings } from "@bge-js/langchain/multimodal";
import { BgeMultiModalEmbedding } from "@bge-js/llamaindex/multimodal";
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { Document } from "@langchain/core/documents";
import { FakeEmbeddings } from "@langchain/core/utils/testing";
import { ImageDocument, ImageNode, ModalityType, TextNode } from "@llamaindex/core/schema";
import { Settings, SimpleVectorStore, storageContextFromDefaults, VectorStoreIndex } from "llamaindex";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { folderOf } from "../support/folders.js";
import { largestDifference } from "../support/golden.js";
import { fixture } from "../support/models.js";

const MODEL = fixture("tiny-clip");
const picture = (name: string) => join(fixture("pictures"), name);
const RGB = picture("png-rgb.png");
const GIF = picture("gif.gif");
const bytes = readFileSync(RGB);
const base64 = bytes.toString("base64");
const data = `data:image/png;base64,${base64}`;
const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable(),
    (error: BgeError) => error,
  );

/** Pictures as both frameworks pass them, all the same. */
const forms = [
  RGB,
  pathToFileURL(RGB),
  pathToFileURL(RGB).href,
  data,
  new URL(data),
  new Blob([bytes]),
  new File([bytes], "a.png"),
];
/** What is no picture, and what is said of it. */
const NO_PICTURES: readonly [string, unknown, RegExp][] = [
  ["a path to nothing", "/no/such/file.jpg", /ENOENT/],
  ["a URL, which is not allowed", "https://example.org/a.png", /URLs are off.*allowUrls/],
  ["a URL object", new URL("http://example.org/a.png"), /URLs are off/],
  ["a data: URL that is not base64", "data:image/svg+xml,%3Csvg/%3E", /its data: URL is not in base64/],
  ["a data: URL without data", "data:image/png;base64", /its data: URL is not in base64/],
  ["a data: URL with other characters", "data:image/png;base64,AA%2B=", /not base64/],
  ["a data: URL with a space", `${data.slice(0, 60)} ${data.slice(60)}`, /not base64/],
  ["a data: URL that is cut off", `data:image/png;base64,${base64.slice(0, 101)}`, /cut off/],
  ["an empty data: URL", "data:image/png;base64,", /empty|no bytes/],
  ["a broken picture", new Blob(["GIF89a"]), /cannot be decoded/],
  ["an empty Blob", new Blob([]), /empty|no bytes/],
  ["a Blob that fails", { arrayBuffer: () => Promise.reject(new Error("gone")) }, /its Blob cannot be read/],
  ["a number", 5, /must be a path/],
  ["null", null, /must be a path/],
  ["undefined", undefined, /neither text nor image/],
];

let model: MultimodalEmbedder;
const vectorOf = async (input: { text?: string; image?: string }) => Array.from((await model.embed([input]))[0]!);
beforeAll(async () => {
  model = await loadMultimodalEmbedder(MODEL, { truncation: "silent" });
});
afterAll(() => model.dispose());

/** What both adapters do alike. */
interface UnderTest extends AsyncDisposable {
  documents(texts: readonly string[]): Promise<number[][]>;
  query(text: string): Promise<number[]>;
  images(images: readonly unknown[]): Promise<number[][]>;
  dispose(): Promise<void>;
}

type Input = ConstructorParameters<typeof BgeMultimodalEmbeddings>[0];

describe.each<[string, (input?: Input) => UnderTest]>([
  [
    "langchain",
    (input) => {
      const embeddings = new BgeMultimodalEmbeddings(input);
      return {
        documents: (texts) => embeddings.embedDocuments(texts),
        query: (text) => embeddings.embedQuery(text),
        images: (images) => embeddings.embedImages(images as Blob[]),
        dispose: () => embeddings.dispose(),
        [Symbol.asyncDispose]: () => embeddings[Symbol.asyncDispose](),
      };
    },
  ],
  [
    "llamaindex",
    (input) => {
      const embedding = new BgeMultiModalEmbedding(input);
      return {
        documents: (texts) => embedding.getTextEmbeddings(texts),
        query: async (text) => (await embedding.getQueryEmbedding({ type: "text", text }))!,
        images: (images) => embedding.getImageEmbeddings(images as Blob[]),
        dispose: () => embedding.dispose(),
        [Symbol.asyncDispose]: () => embedding[Symbol.asyncDispose](),
      };
    },
  ],
])("@bge-js/%s/multimodal", (_, create) => {
  test("gives core's vectors as plain arrays of numbers, in input order", async () => {
    const adapter = create(model);
    const vectors = [
      ...(await adapter.documents(["a red bus", "the moon"])),
      ...(await adapter.images([RGB, GIF])),
      await adapter.query("a red bus"),
    ];
    const inputs = [{ text: "a red bus" }, { text: "the moon" }, { image: RGB }, { image: GIF }, { text: "a red bus" }];
    const wanted = await model.embed(inputs);
    expect(vectors).toHaveLength(wanted.length);
    for (const [i, vector] of vectors.entries()) {
      expect(Array.isArray(vector)).toBe(true);
      expect(largestDifference(Float32Array.from(vector), wanted[i]!)).toBeLessThanOrEqual(1e-6);
    }
  });

  test("a picture has one vector in each of its forms", async () => {
    const wanted = await vectorOf({ image: RGB });
    for (const vector of await create(model).images(forms)) expect(vector).toEqual(wanted);
  });

  test("gives [] for []", async () => {
    expect(await create(model).documents([])).toEqual([]);
    expect(await create(model).images([])).toEqual([]);
  });

  test("loads with its options, once; tries again after a failure; frees what it loaded", async () => {
    const folder = folderOf();
    const adapter = create({ model: folder, maxPixels: 50, workers: 1 });
    expect(await caught(adapter.query("a"))).toMatchObject({ code: "MODEL_NOT_FOUND" });
    cpSync(MODEL, folder, { recursive: true });
    const [first] = await Promise.all([adapter.query("a"), adapter.documents(["a"])]);
    expect(first).toEqual(await vectorOf({ text: "a" }));
    expect((await caught(adapter.images([RGB]))).message).toContain("maxPixels (50)");
    await adapter.dispose();
    await adapter.dispose();
    expect(await caught(adapter.query("a"))).toMatchObject({ code: "DISPOSED" });
  });

  test("leaves a shared model alone", async () => {
    const adapter = create(model);
    await adapter.dispose();
    expect(await caught(adapter.images([RGB]))).toMatchObject({ code: "DISPOSED" });
    expect(await model.embed([{ image: RGB }])).toHaveLength(1);
  });

  test("its signal ends every call", async () => {
    const stop = new AbortController();
    const adapter = create({ model, signal: stop.signal });
    expect(await adapter.images([RGB])).toHaveLength(1);
    const running = adapter.images(Array.from({ length: 60 }, () => RGB));
    stop.abort(new Error("enough"));
    await expect(running).rejects.toThrow("enough");
    await expect(adapter.query("a")).rejects.toThrow("enough");
  });

  test("a query's instruction reaches the model, and a document has none", async () => {
    const adapter = create({ model, queryInstruction: "Find it: " });
    expect((await caught(adapter.query("a"))).message).toContain("takes no instruction");
    expect(await adapter.documents(["a"])).toHaveLength(1);
  });

  test.each(NO_PICTURES)("%s is refused by its index", async (_what, image, problem) => {
    const error = await caught(create(model).images([RGB, image]));
    expect(error).toMatchObject({ name: "BgeError", code: "INVALID_INPUT", indices: [1] });
    expect(error.message).toMatch(problem);
  });

  test("names all pictures that cannot be read", async () => {
    const error = await caught(create(model).images(["data:,", RGB, new Blob([]), "data:,"]));
    expect(error).toMatchObject({ code: "INVALID_INPUT", indices: [0, 3] });
    expect(error.message).toMatch(/2 of 4 inputs .*index 0: .*index 3: .*Nothing was run/);
  });

  test("lists that are none, and texts that are none, are refused", async () => {
    const adapter = create(model);
    expect(await caught(adapter.images(RGB as never))).toMatchObject({ code: "INVALID_INPUT", parameter: "images" });
    expect(await caught(adapter.documents("a" as never))).toMatchObject({ code: "INVALID_INPUT", parameter: "texts" });
    expect(await caught(adapter.documents(["a", 5] as never))).toMatchObject({ code: "INVALID_INPUT", indices: [1] });
  });

  test("wrong arguments are refused at once", async () => {
    await using texts = await loadEmbedder(MODEL);
    expect(() => create(texts as never)).toThrow(/reads no pictures.*loadMultimodalEmbedder/);
    expect(() => create({ model, dtype: "int8" })).toThrow(/dtype cannot change a model that is already loaded/);
    expect(() => create({ model, queryInstruction: 5 as never })).toThrow(/queryInstruction must be a string/);
    expect(() => create(5 as never)).toThrow(/takes a model or an options object/);
    expect(() => create(Promise.resolve(model) as never)).toThrow(/await it first/);
  });

  test("wrong options and models are refused by the first call", async () => {
    for (const [input, code] of [
      [{ model: MODEL, orientation: "up" }, "INVALID_OPTION"],
      [{ model: MODEL, unheard: 1 }, "INVALID_OPTION"],
      [{ url: "http://localhost:1" }, "INVALID_OPTION"],
      [fixture("tiny-bert-cls"), "MODEL_MISMATCH"],
    ] as const) {
      expect(await caught(create(input as never).query("a"))).toMatchObject({ name: "BgeError", code });
    }
  });
});

describe("BgeMultiModalEmbedding", () => {
  test("embeds mixed nodes: the text of texts, the picture of pictures", async () => {
    const embedding = new BgeMultiModalEmbedding(model);
    const nodes = [
      new ImageNode({ image: new Blob([bytes]), text: "not read" }),
      new TextNode({ text: "a red bus" }),
      new ImageDocument({ image: pathToFileURL(GIF) }),
    ];
    const progress: number[] = [];
    expect(await embedding(nodes, { progressCallback: (at: number) => progress.push(at) })).toBe(nodes);
    expect(nodes.map((node) => node.embedding)).toEqual([
      await vectorOf({ image: RGB }),
      await vectorOf({ text: "a red bus" }),
      await vectorOf({ image: GIF }),
    ]);
    expect(progress).toEqual([1, 2]);
    expect(embedding.embedInfo).toEqual({ dimensions: model.dimensions, maxTokens: 77 });
  });

  test("embeds more nodes than a batch holds", async () => {
    const nodes = Array.from({ length: 70 }, (_, i) => new ImageNode({ image: i % 2 ? RGB : GIF }));
    await new BgeMultiModalEmbedding(model)(nodes);
    const wanted = [await vectorOf({ image: GIF }), await vectorOf({ image: RGB })];
    for (const [i, node] of nodes.entries()) expect(node.embedding).toEqual(wanted[i % 2]);
  });

  test("serves an index over texts and pictures", async () => {
    Settings.embedModel = new BgeMultiModalEmbedding(model);
    const vectorStores = {
      [ModalityType.TEXT]: new SimpleVectorStore(),
      [ModalityType.IMAGE]: new SimpleVectorStore(),
    };
    const storageContext = await storageContextFromDefaults({ vectorStores });
    const nodes = [
      new TextNode({ id_: "words", text: "a red bus" }),
      // LlamaIndex takes an image node's id for its path.
      ...[RGB, GIF].map((path) => new ImageNode({ id_: path, image: path })),
    ];
    const index = await VectorStoreIndex.init({ nodes, storageContext });
    const retriever = index.asRetriever({ topK: { TEXT: 1, IMAGE: 1, AUDIO: 1 } });
    for (const query of ["a red bus", [{ type: "image_url" as const, image_url: { url: data } }]]) {
      const found = await retriever.retrieve({ query });
      const best = typeof query === "string" ? "words" : RGB;
      expect(found.map(({ node }) => node.type).sort()).toEqual(["IMAGE", "TEXT"]);
      expect(found.find(({ node }) => node.id_ === best)!.score).toBeCloseTo(1, 6);
    }
  });

  test("a query's parts: texts and pictures", async () => {
    const embedding = new BgeMultiModalEmbedding(model);
    const image = await vectorOf({ image: RGB });
    expect(await embedding.getQueryEmbedding("a red bus")).toEqual(await vectorOf({ text: "a red bus" }));
    expect(await embedding.getQueryEmbedding({ type: "image", data: base64, mimeType: "image/png" })).toEqual(image);
    expect(await embedding.getQueryEmbedding({ type: "image_url", image_url: { url: data } })).toEqual(image);
    expect(await embedding.getQueryEmbedding({ type: "audio", data: "", mimeType: "audio/wav" })).toBeNull();
  });

  test.each<[string, unknown, RegExp]>([
    ["a path in image_url", { type: "image_url", image_url: { url: RGB } }, /must be a data:, http: or https: URL/],
    [
      "a file of this machine",
      { type: "image_url", image_url: { url: pathToFileURL(RGB).href } },
      /must be a data:, http: or https: URL/,
    ],
    ["image_url without a URL", { type: "image_url" }, /must be a data:/],
    ["http, which is not allowed", { type: "image_url", image_url: { url: "http://example.org" } }, /URLs are off/],
    ["an image without data", { type: "image" }, /its base64 is not a string/],
    ["an image with a data: URL", { type: "image", data }, /characters that are not base64/],
    ["a text part without text", { type: "text" }, /neither text nor image/],
    ["null", null, /query cannot be used/],
    ["no part", { text: "a" }, /query cannot be used/],
  ])("%s is refused as a query", async (_, part, problem) => {
    const error = await caught(new BgeMultiModalEmbedding(model).getQueryEmbedding(part as never));
    expect(error.code).toBe("INVALID_INPUT");
    expect(error.message).toMatch(problem);
  });
});

describe("BgeMultimodalEmbeddings", () => {
  test("embeds texts, pictures and both, as queries too", async () => {
    const embeddings = new BgeMultimodalEmbeddings(model);
    const both = { image: RGB, text: "a red bus" };
    const done: number[] = [];
    const vectors = await embeddings.embedInputs([both, { image: new Blob([bytes]), text: both.text }, { text: "a" }], {
      inputType: "query",
      onProgress: ({ completed }) => done.push(completed),
    });
    expect(vectors).toEqual([await vectorOf(both), await vectorOf(both), await vectorOf({ text: "a" })]);
    expect(done).toHaveLength(3);
    const samples = { data: new Uint8Array(27), width: 3, height: 3, channels: 3 } as const;
    expect(await embeddings.embedImages([samples, bytes])).toHaveLength(2);
    await expect(embeddings.embedImages([RGB], { signal: AbortSignal.abort(new Error("now")) })).rejects.toThrow("now");
  });

  test("inputs that are none are refused by index", async () => {
    const error = await caught(new BgeMultimodalEmbeddings(model).embedInputs([null, { text: "a" }, {}] as never));
    expect(error).toMatchObject({ code: "INVALID_INPUT", parameter: "inputs", indices: [0, 2] });
  });
});

describe("addImages", () => {
  const documents = () => [
    new Document({ id: "a", pageContent: "", metadata: { image: RGB, page: 1 } }),
    new Document({ id: "b", pageContent: "a red bus", metadata: { image: GIF } }),
  ];

  test("adds documents as they are, with the vectors of picture and text, and words find them", async () => {
    const embeddings = new BgeMultimodalEmbeddings(model);
    const store = new MemoryVectorStore(embeddings);
    await addImages(store, documents());
    expect(store.memoryVectors.map(({ embedding }) => embedding)).toEqual([
      await vectorOf({ image: RGB }),
      await vectorOf({ image: GIF, text: "a red bus" }),
    ]);
    const [query] = await embeddings.embedInputs([{ image: RGB }], { inputType: "query" });
    const [[hit, score]] = (await store.similaritySearchVectorWithScore(query!, 1)) as [[Document, number]];
    expect(hit).toEqual(documents()[0]);
    expect(score).toBeCloseTo(1, 6);
    expect(await store.similaritySearch("a red bus", 2)).toHaveLength(2);
  });

  test("takes another field, options of the store, and reports its progress", async () => {
    const store = new MemoryVectorStore(new BgeMultimodalEmbeddings(model));
    const given: unknown[] = [];
    const addVectors = store.addVectors.bind(store);
    const returning = Object.assign(store, {
      async addVectors(vectors: number[][], list: Document[], options?: object) {
        given.push(options);
        await addVectors(vectors, list);
        return list.map(({ id }) => id!);
      },
    });
    const done: number[] = [];
    const list = [new Document({ id: "x", pageContent: " ", metadata: { picture: new Blob([bytes]) } })];
    const ids = await addImages(returning, list, {
      imageField: "picture",
      storeOptions: { ids: ["x"] },
      onProgress: ({ completed }) => done.push(completed),
    });
    expect(ids).toEqual(["x"]);
    expect(given).toEqual([{ ids: ["x"] }]);
    expect(done).toEqual([1]);
    expect(await addImages(returning, [])).toEqual([]);
    expect(given).toHaveLength(1);
    expect(store.memoryVectors[0]!.embedding).toEqual(await vectorOf({ image: RGB }));
  });

  test("adds nothing if one cannot be embedded, or the call is aborted", async () => {
    const store = new MemoryVectorStore(new BgeMultimodalEmbeddings(model));
    const broken = new Document({ pageContent: "", metadata: { image: "/no/such/file.png" } });
    const error = await caught(addImages(store, [...documents(), broken]));
    expect(error).toMatchObject({ code: "INVALID_INPUT", indices: [2] });
    expect(error.message).toContain("ENOENT");
    const signal = AbortSignal.abort(new Error("now"));
    await expect(addImages(store, documents(), { signal })).rejects.toThrow("now");
    expect(store.memoryVectors).toEqual([]);
  });

  test("documents without a picture, or that are none, are refused by index", async () => {
    const store = new MemoryVectorStore(new BgeMultimodalEmbeddings(model));
    const text = new Document({ pageContent: "only words" });
    const error = await caught(addImages(store, [...documents(), text, null as never, {} as never]));
    expect(error).toMatchObject({ code: "INVALID_INPUT", parameter: "documents", indices: [2, 3, 4] });
    expect(error.message).toMatch(/3 of 5 documents have no picture in metadata\.image: index 2, 3, 4\./);
    const wrong = await caught(addImages(store, documents(), { imageField: "img" }));
    expect(wrong.message).toContain("metadata.img");
    const number = { pageContent: 5 as never, metadata: { image: RGB } };
    expect(await caught(addImages(store, [number]))).toMatchObject({ code: "INVALID_INPUT", indices: [0] });
  });

  test("wrong stores, lists and options are refused", async () => {
    const store = new MemoryVectorStore(new BgeMultimodalEmbeddings(model));
    for (const other of [new MemoryVectorStore(new FakeEmbeddings()), {}, null]) {
      expect(await caught(addImages(other as never, documents()))).toMatchObject({
        code: "INVALID_OPTION",
        parameter: "vectorStore",
      });
    }
    expect(await caught(addImages(store, "a" as never))).toMatchObject({ parameter: "documents" });
    expect(await caught(addImages(store, [], { imageField: 5 as never }))).toMatchObject({ parameter: "imageField" });
    expect(await caught(addImages(store, documents(), { unheard: 1 } as never))).toMatchObject({
      code: "INVALID_OPTION",
      parameter: "unheard",
    });
  });
});
