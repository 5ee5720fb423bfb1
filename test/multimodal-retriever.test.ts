// Texts and pictures in one index, through the built package.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type BgeError, loadEmbedder, similarity } from "@bge-js/core";
import { loadMultimodalEmbedder, type MultimodalEmbedder, type MultimodalInput } from "@bge-js/core/multimodal";
import { type FailedDocument, loadRetriever } from "@bge-js/retriever";
import {
  loadMultimodalRetriever,
  type MultimodalQuery,
  type MultimodalRetriever,
  type MultimodalRetrieverOptions,
} from "@bge-js/retriever/multimodal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { folderOf } from "./support/folders.js";
import { fixture } from "./support/models.js";
import { toldUntilKilled } from "./support/programs.js";

const MODEL = fixture("tiny-clip");
const picture = (name: string) => join(fixture("pictures"), name);
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable(),
    (error: BgeError) => error,
  );

let embedder: MultimodalEmbedder;
beforeAll(async () => {
  embedder = await loadMultimodalEmbedder(MODEL, { truncation: "silent" });
});
afterAll(() => embedder.dispose());
const load = (options: MultimodalRetrieverOptions = {}) => loadMultimodalRetriever({ embedder, ...options });

/** Texts, pictures, and both. */
const DOCUMENTS = [
  { id: "bus", image: picture("jpeg-large.jpg"), kind: "photo" },
  { id: "menu", image: picture("png-rgb.png"), text: "the lunch menu: soup and bread", kind: "scan" },
  { id: "times", text: "a red bus leaves every ten minutes", kind: "page" },
  { id: "moon", text: "the tides follow the moon", kind: "page" },
  { id: "grey", image: pathToFileURL(picture("jpeg-grey.jpg")).href, kind: "photo" },
];
const QUERIES: readonly MultimodalQuery[] = [
  "a red bus",
  { text: "a red bus" },
  { image: picture("webp-lossy.webp") },
  { image: picture("jpeg-large.jpg"), text: "the same, but green" },
  { image: readFileSync(picture("gif.gif")) },
];
const inputOf = ({ text, image }: MultimodalInput): MultimodalInput => ({
  ...(text !== undefined && { text }),
  ...(image !== undefined && { image }),
});

/** An embedder that counts the inputs it reads, and does something before each. */
function counting(before: () => void = () => {}) {
  const read: MultimodalInput[] = [];
  const counted = {
    ...embedder,
    async *embedStream(inputs: AsyncIterable<MultimodalInput>, options: object) {
      async function* through() {
        for await (const input of inputs) {
          read.push(input);
          before();
          yield input;
        }
      }
      yield* embedder.embedStream(through(), options);
    },
  } as unknown as MultimodalEmbedder;
  return { counted, read };
}

describe.each([
  ["in memory", () => undefined],
  ["in a directory", () => join(folderOf(), "index")],
])("an index %s", (_, place) => {
  const open = (options: MultimodalRetrieverOptions = {}) => {
    const directory = place();
    return load({ ...options, ...(directory !== undefined && { directory }) });
  };

  test("is searched by words, by a picture, and by a picture and a wish", async () => {
    await using retriever = await open();
    expect(await retriever.add(DOCUMENTS)).toEqual({ added: 5, replaced: 0, unchanged: 0 });
    const vectors = await embedder.embed(DOCUMENTS.map(inputOf));
    for (const query of QUERIES) {
      const [asked] = await embedder.embed([typeof query === "string" ? { text: query } : query]);
      const cosines = new Map(DOCUMENTS.map(({ id }, i) => [id, similarity(asked!, vectors[i]!)]));
      const { results, skipped } = await retriever.search(query, { stages: ["dense"] });
      expect(skipped).toEqual([]);
      expect(results.map(({ id }) => id)).toEqual(
        [...cosines.keys()].sort((a, b) => cosines.get(b)! - cosines.get(a)!),
      );
      for (const { id, scores } of results) expect(scores).toEqual({ dense: expect.closeTo(cosines.get(id)!, 4) });
    }
  });

  test("looks for words in texts, and leaves a picture where its vector puts it", async () => {
    await using retriever = await open();
    await retriever.add(DOCUMENTS);
    const { results } = await retriever.search("a red bus");
    expect(results.map(({ id }) => id).sort()).toEqual(["bus", "grey", "menu", "moon", "times"]);
    const scored = results.filter(({ scores }) => scores.lexical !== undefined);
    expect(scored.map(({ id }) => id).sort()).toEqual(["menu", "moon", "times"]);
    const z = (stage: "lexical" | "dense") => {
      const all = results.flatMap(({ scores }) => scores[stage] ?? []);
      const mean = all.reduce((sum, one) => sum + one, 0) / all.length;
      const deviation = Math.sqrt(all.reduce((sum, one) => sum + (one - mean) ** 2, 0) / all.length);
      return (score: number | undefined) => ((score ?? mean) - mean) / deviation;
    };
    const [lexical, dense] = [z("lexical"), z("dense")];
    for (const { score, scores } of results) {
      expect(score).toBeCloseTo(0.3 * lexical(scores.lexical) + 0.7 * dense(scores.dense), 9);
    }
    expect(results.find(({ id }) => id === "times")!.ranks.lexical).toBe(1);
    const words = await retriever.search("moon", { stages: ["lexical"] });
    expect(words.results.map(({ id }) => id)).toEqual(["moon"]);
    // Beside a picture, words are what the vector makes of them, unless asked for.
    const wish = { image: picture("gif.gif"), text: "a red bus" };
    const [plain, both] = [
      await retriever.search(wish),
      await retriever.search(wish, { stages: ["dense", "lexical"] }),
    ];
    expect(plain.results.map(({ scores }) => scores.lexical)).toEqual(Array(5).fill(undefined));
    expect(both.results.filter(({ scores }) => scores.lexical !== undefined)).toHaveLength(3);
  });

  test("a blank text beside a picture has no score by words", async () => {
    await using retriever = await open();
    const image = picture("png-rgb.png");
    await retriever.add([...DOCUMENTS, { id: "none", image }, { id: "blank", image, text: " \n" }]);
    const { results } = await retriever.search("a red bus");
    const [none, blank] = ["none", "blank"].map((id) => results.find((one) => one.id === id)!);
    expect(blank!.document).toEqual({ id: "blank", image, text: " \n" });
    expect([blank!.scores, blank!.score]).toEqual([none!.scores, none!.score]);
    expect(await retriever.add([{ id: "blank", image }])).toMatchObject({ unchanged: 1 });
    expect(retriever.get("blank")).toEqual({ id: "blank", image });
  });

  test("pictures do not change how words are scored", async () => {
    await using retriever = await open();
    await retriever.add(DOCUMENTS.filter(({ image }) => image === undefined));
    const wordsOnly = () => retriever.search("the bus of the moon", { stages: ["lexical"] });
    const before = await wordsOnly();
    await retriever.add(Array.from({ length: 9 }, (_, i) => ({ id: `p${i}`, image: picture("gif.gif") })));
    const after = await wordsOnly();
    expect(after.results).toEqual(before.results);
    expect(after.results).toHaveLength(2);
    await retriever.remove(["p0"]);
    expect((await wordsOnly()).results).toEqual(before.results);
  });

  test("gives documents back, without pictures' bytes", async () => {
    await using retriever = await open();
    const bytes = readFileSync(picture("png-rgb.png"));
    const samples = { data: new Uint8Array(27).fill(9), width: 3, height: 3, channels: 3 } as const;
    await retriever.add([
      { id: "path", image: picture("gif.gif"), page: 1 },
      { id: "url", image: pathToFileURL(picture("gif.gif")) },
      { id: "bytes", image: bytes, text: "  ", tags: ["a"] },
      { id: "samples", image: samples },
      { id: "text", text: "words" },
      "words alone",
    ]);
    expect(retriever.get("path")).toEqual({ id: "path", image: picture("gif.gif"), page: 1 });
    expect(retriever.get("url")).toEqual({ id: "url", image: pathToFileURL(picture("gif.gif")).href });
    expect(retriever.get("bytes")).toEqual({ id: "bytes", text: "  ", image: `sha256:${sha256(bytes)}`, tags: ["a"] });
    expect(retriever.get("samples")).toEqual({ id: "samples", image: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
    expect(retriever.get("text")).toEqual({ id: "text", text: "words" });
    expect(retriever.get("#0")).toEqual({ id: "#0", text: "words alone" });
    expect(retriever.get("none")).toBeUndefined();
    const found = await retriever.search("x", { filter: ({ image, page }) => image !== undefined && page !== 1 });
    expect(found.results.map(({ id }) => id).sort()).toEqual(["bytes", "samples", "url"]);
    for (const { id, document } of found.results) expect(document).toEqual(retriever.get(id));
    // A blank text beside a picture is none.
    const [alone] = await embedder.embed([{ image: bytes }]);
    const { scores } = found.results.find(({ id }) => id === "bytes")!;
    expect(scores.dense).toBeCloseTo(similarity((await embedder.embed([{ text: "x" }]))[0]!, alone!), 4);
  });

  test("reads a changed picture again, and an unchanged one never", async () => {
    const { counted, read } = counting();
    await using retriever = await open({ embedder: counted });
    const folder = folderOf();
    const [path, moved] = [join(folder, "a.png"), join(folder, "b.png")];
    cpSync(picture("png-rgb.png"), path);
    const add = (document: { image?: string | Uint8Array; text?: string; page?: number }) =>
      retriever.add([{ id: "a", ...document }]);
    const unchanged = { added: 0, replaced: 0, unchanged: 1 };
    const again = { added: 1, replaced: 1, unchanged: 0 };
    expect(await add({ image: path })).toEqual({ added: 1, replaced: 0, unchanged: 0 });
    expect(await add({ image: path, page: 2 })).toEqual(unchanged);
    renameSync(path, moved);
    expect(await add({ image: moved })).toEqual(unchanged);
    expect(retriever.get("a")).toEqual({ id: "a", image: moved });
    expect(await add({ image: readFileSync(moved) })).toEqual(unchanged);
    expect(read).toHaveLength(1);
    cpSync(picture("gif.gif"), moved);
    expect(await add({ image: moved })).toEqual(again);
    expect(await add({ image: moved, text: "words" })).toEqual(again);
    expect(await add({ image: moved, text: "words" })).toEqual(unchanged);
    expect(await add({ text: "words" })).toEqual(again);
    // What was hashed, whatever becomes of the file meanwhile.
    const [png, gif] = [readFileSync(picture("png-rgb.png")), readFileSync(picture("gif.gif"))];
    expect(read).toEqual([{ image: png }, { image: gif }, { image: gif, text: "words" }, { text: "words" }]);
    const { results } = await retriever.search("words");
    expect(results[0]!.scores.dense).toBeCloseTo(1, 4);
  });

  test.each<[string, unknown, RegExp]>([
    ["null", null, /must be an object \{ id, text\?, image\? \} or a string/],
    ["no id", { text: "a" }, /needs an id/],
    ["an empty id", { id: "", text: "a" }, /needs an id/],
    ["neither text nor picture", { id: "x" }, /needs a text that is not blank, an image, or both/],
    ["a blank text alone", { id: "x", text: " \n" }, /needs a text that is not blank/],
    ["a blank string", "  ", /needs a text that is not blank/],
    ["a number as text", { id: "x", text: 5, image: picture("gif.gif") }, /text that is no string/],
    ["a lone surrogate", { id: "x", text: "\ud800" }, /lone surrogate/],
    ["null as image", { id: "x", text: "a", image: null }, /must be a path, a URL/],
    ["a number as image", { id: "x", image: 5 }, /must be a path, a URL/],
    ["an empty path", { id: "x", image: "" }, /path is empty/],
    ["a file that is not there", { id: "x", image: "/no/such/file.png" }, /ENOENT/],
    ["a folder", { id: "x", image: fixture("pictures") }, /is not a file/],
    ["a file that is no picture", { id: "x", image: join(MODEL, "config.json") }, /no JPEG, PNG/],
    ["broken bytes", { id: "x", image: Buffer.from("GIF89a") }, /cannot be decoded/],
    ["no bytes", { id: "x", image: new Uint8Array(0) }, /file is empty/],
    ["samples too short", { id: "x", image: { data: new Uint8Array(5), width: 1, height: 2, channels: 3 } }, /5 bytes/],
    ["a URL that is not allowed", { id: "x", image: "https://example.org/a.png" }, /URLs are off/],
    ["a data: URL", { id: "x", image: "data:image/png;base64,AAAA" }, /data: URLs are not read/],
    ["a hash", { id: "x", image: `sha256:${"0".repeat(64)}` }, /bytes that the index does not hold/],
  ])("%s is named, and all others are added", async (_what, document, problem) => {
    await using retriever = await open();
    await retriever.add([{ id: "known", text: "words" }]);
    const list = [
      { id: "known", text: "words" },
      { id: "one", text: "a" },
      document,
      { id: "two", image: picture("gif.gif") },
    ];
    const failed: FailedDocument[] = [];
    const error = await caught(retriever.add(list as never, { onFailed: (one) => failed.push(one) }));
    expect(error).toMatchObject({ code: "INVALID_INPUT", parameter: "documents", indices: [2] });
    expect(error.message).toMatch(problem);
    expect(failed).toEqual([
      { index: 2, id: (document as { id?: string } | null)?.id || undefined, error: expect.any(Error) },
    ]);
    expect(failed[0]!.error.message).toMatch(problem);
    expect(failed[0]!.error.message).not.toContain("input index");
    expect(error.message).toMatch(/index 2.*2 others were added/);
    expect(error.message).not.toContain("input index");
    expect(retriever.size).toBe(3);
  });

  test.each([
    ["small", 0],
    ["large", 2.5 * 2 ** 20],
  ])("a %s picture that is replaced while it is embedded never gets the other one's vector", async (_, more) => {
    const padded = (name: string) => Buffer.concat([readFileSync(picture(name)), Buffer.alloc(more)]);
    const file = join(folderOf(), "a.jpg");
    writeFileSync(file, padded("jpeg-420.jpg"));
    const { counted } = counting(() => writeFileSync(file, padded("jpeg-large.jpg")));
    await using retriever = await open({ embedder: counted });
    const list = [
      { id: "a", image: file },
      { id: "b", text: "words" },
    ];
    const error = await retriever.add(list).then(
      () => undefined,
      (reason: BgeError) => reason,
    );
    const [first, second] = (await embedder.embed([
      { image: picture("jpeg-420.jpg") },
      { image: picture("jpeg-large.jpg") },
    ])) as [Float32Array, Float32Array];
    const cosine = async () => {
      const { results } = await retriever.search({ image: picture("jpeg-420.jpg") }, { topN: 5 });
      return results.find(({ id }) => id === "a")!.scores.dense!;
    };
    if (more === 0) {
      expect(error).toBeUndefined();
      expect(await cosine()).toBeCloseTo(1, 3);
    } else {
      expect(error).toMatchObject({ code: "INVALID_INPUT", indices: [0] });
      expect(error!.message).toMatch(/was replaced by another while it was being embedded.*1 others were added/);
      expect(retriever.has("a")).toBe(false);
    }
    // Again, it is the other one, and is known to be.
    await retriever.add([{ id: "a", image: file }]);
    expect(await cosine()).toBeCloseTo(similarity(first, second), 3);
    expect(await retriever.add([{ id: "a", image: file }])).toMatchObject({ unchanged: 1 });
  });

  test("documents of one id take each other's place, in one call and in several", async () => {
    await using retriever = await open();
    const [first, second] = [picture("png-rgb.png"), picture("gif.gif")];
    await retriever.add([first, second, first].map((image) => ({ id: "a", image })));
    await Promise.all([second, first, second].map((image) => retriever.add([{ id: "b", image }])));
    expect(retriever.size).toBe(2);
    for (const [id, images] of [
      ["a", [first]],
      ["b", [first, second]],
    ] as const) {
      const { image } = retriever.get(id)!;
      expect(images).toContain(image);
      const { results } = await retriever.search({ image: image! }, { filter: (one) => one.id === id });
      expect(results[0]!.scores.dense).toBeCloseTo(1, 4);
    }
  });

  test("an abort keeps what was added, and a source is drawn only as fast as it is read", async () => {
    await using retriever = await open();
    const stop = new AbortController();
    let drawn = 0;
    const endless = (function* () {
      for (;;) {
        if (drawn === 60) stop.abort(new Error("enough"));
        yield { id: `n${drawn++}`, image: picture(drawn % 2 ? "gif.gif" : "png-rgb.png") };
      }
    })();
    await expect(retriever.add(endless, { signal: stop.signal })).rejects.toThrow("enough");
    expect(drawn).toBeLessThan(100);
    // The last of them are stored behind the rejection.
    await expect.poll(() => retriever.size, { timeout: 30_000 }).toBeGreaterThan(0);
    expect(retriever.size).toBeLessThan(60);
    const again = await retriever.add(
      Array.from({ length: retriever.size }, (_, i) => ({
        id: `n${i}`,
        image: picture(i % 2 ? "png-rgb.png" : "gif.gif"),
      })),
    );
    expect(again.added).toBe(0);
    await expect(retriever.search("x", { signal: AbortSignal.abort(new Error("now")) })).rejects.toThrow("now");
  });
});

test("an index on disk is there again, holds no pictures, and finds as one in memory", async () => {
  const directory = join(folderOf(), "index");
  const bytes = readFileSync(picture("jpeg-large.jpg"));
  const documents = [...DOCUMENTS, { id: "bytes", image: bytes, kind: "photo" }];
  await using memory = await load();
  const writer = await load({ directory });
  for (const one of [memory, writer]) await one.add(documents);
  await writer.dispose();
  expect(readFileSync(join(directory, "data.mdb")).includes(bytes.subarray(1000, 1100))).toBe(false);
  const { counted, read } = counting();
  await using again = await load({ embedder: counted, directory });
  await using reader = await load({ directory, readOnly: true });
  expect(await again.add(documents)).toEqual({ added: 0, replaced: 0, unchanged: 6 });
  expect(read).toEqual([]);
  for (const query of QUERIES) {
    const { results } = await memory.search(query);
    expect((await again.search(query)).results).toEqual(results);
    expect((await reader.search(query)).results).toEqual(results);
  }
  await again.add([{ id: "new", image: picture("gif.gif") }]);
  await again.remove(["bus"]);
  const { results } = await reader.search({ image: picture("gif.gif") });
  expect(results[0]!.id).toBe("new");
  expect(results).toHaveLength(6);
  expect(await caught(reader.add([]))).toMatchObject({ code: "INVALID_OPTION", parameter: "readOnly" });
  expect(await caught(again.add([{ id: "x", text: "a", when: new Date(0) }]))).toMatchObject({
    code: "INVALID_INPUT",
    message: expect.stringContaining("its field when is an object of the class Date"),
  });
});

describe("an index made in another way is refused, saying what differs", () => {
  const refusal = (message: RegExp) => ({
    code: "STORE_MISMATCH",
    parameter: "directory",
    message: expect.stringMatching(message),
  });
  const made = async (one: MultimodalEmbedder) => {
    const directory = join(folderOf(), "index");
    await (await load({ embedder: one, directory })).dispose();
    return directory;
  };

  test("orientation", async () => {
    const directory = await made(embedder);
    await using turning = await loadMultimodalEmbedder(MODEL, { orientation: "apply" });
    expect(await caught(load({ embedder: turning, directory }))).toMatchObject(
      refusal(/orientation "ignore", not "apply"/),
    );
  });

  test("limits alone change no vector", async () => {
    const directory = await made(embedder);
    await using other = await loadMultimodalEmbedder(MODEL, { maxPixels: 1e6, maxBytes: 1e6, allowUrls: true });
    await (await load({ embedder: other, directory })).dispose();
  });

  test("maxScaledPixels", async () => {
    const model = fixture("tiny-qwen-vl");
    await using usual = await loadMultimodalEmbedder(model);
    await using small = await loadMultimodalEmbedder(model, { maxScaledPixels: 12_544 });
    expect(small.pictures.maxScaledPixels).toBe(12_544);
    expect(embedder.pictures.maxScaledPixels).toBeUndefined();
    const directory = await made(usual);
    expect(await caught(load({ embedder: small, directory }))).toMatchObject(refusal(/maxScaledPixels \d+, not 12544/));
  });

  test("prompts", async () => {
    const directory = fixture("tiny-llava");
    await using usual = await loadMultimodalEmbedder(directory);
    const vision = { ...usual.spec.vision!, bareDocument: `Read: ${usual.spec.vision!.bareDocument}` };
    await using other = await loadMultimodalEmbedder({ directory, vision });
    expect(await caught(load({ embedder: other, directory: await made(usual) }))).toMatchObject(refusal(/prompts/));
  });

  test("the weights that read pictures", async () => {
    const folder = folderOf();
    cpSync(MODEL, folder, { recursive: true });
    const file = join(folder, "onnx", "vision_model.onnx");
    const graph = readFileSync(file);
    // The lowest bits of some weights, which are most of it.
    for (let at = graph.length >> 2; at < graph.length >> 1; at += 1024) graph[at]! ^= 1;
    writeFileSync(file, graph);
    await using other = await loadMultimodalEmbedder({ directory: folder, id: embedder.spec.id });
    const directory = await made(embedder);
    expect(await caught(load({ embedder: other, directory }))).toMatchObject(refusal(/fingerprint/));
  });

  test("texts alone", async () => {
    await using texts = await loadEmbedder(MODEL, { truncation: "silent" });
    const [mixed, plain] = [await made(embedder), join(folderOf(), "index")];
    await (await loadRetriever({ embedder: texts, reranker: false, directory: plain })).dispose();
    expect(await caught(load({ directory: plain }))).toMatchObject(refusal(/orientation undefined, not "ignore"/));
    const other = loadRetriever({ embedder: texts, reranker: false, directory: mixed });
    expect(await caught(other)).toMatchObject(refusal(/orientation "ignore", not undefined/));
  });
});

describe("a query", () => {
  let retriever: MultimodalRetriever;
  beforeAll(async () => {
    retriever = await load();
    await retriever.add(DOCUMENTS);
  });
  afterAll(() => retriever.dispose());

  test.each<[string, unknown, RegExp]>([
    ["nothing", undefined, /it is undefined/],
    ["null", null, /it is null/],
    ["a number", 5, /it is number/],
    ["blank", " ", /it is empty/],
    ["no parts", {}, /it is empty/],
    ["a blank text", { text: "\t" }, /it is empty/],
    ["a list", [], /it is empty/],
    ["another field", { text: "a", picture: "b" }, /field picture/],
    ["a number as text", { text: 5 }, /number, not a string/],
    ["a lone surrogate", "\ud800", /lone surrogate/],
    ["a number as image", { image: 5 }, /must be a path, a URL/],
    ["a file that is not there", { image: "/no/such/file.png" }, /ENOENT/],
    ["a broken picture", { image: Buffer.from("GIF89a") }, /cannot be decoded/],
    ["a URL that is not allowed", { image: "https://example.org/a.png", text: "a" }, /URLs are off/],
    ["an instruction that the model does not take", { text: "a", instruction: "b" }, /takes no instruction/],
  ])("that is %s is refused", async (_, query, problem) => {
    const error = await caught(retriever.search(query as never));
    expect(error).toMatchObject({ code: "INVALID_INPUT", parameter: "query" });
    expect(error.message).toMatch(problem);
    expect(error.indices).toBeUndefined();
    expect(error.message).not.toContain("index 0");
  });

  test("a blank text beside a picture is none", async () => {
    const image = picture("gif.gif");
    const [plain, blank] = [await retriever.search({ image }), await retriever.search({ image, text: " " })];
    expect(blank.results).toEqual(plain.results);
  });

  test.each([
    ["words without words", { image: picture("gif.gif") }, ["lexical"], /the query has none/],
    ["no first stage", "a", [], /must include lexical or dense/],
    ["a cross-encoder", "a", ["dense", "crossEncoder"], /"crossEncoder", which is not loaded/],
    ["late interaction", { image: picture("gif.gif") }, ["dense", "lateInteraction"], /which is not loaded/],
  ])("with stages for %s is refused", async (_, query, stages, problem) => {
    const error = await caught(retriever.search(query as MultimodalQuery, { stages: stages as never }));
    expect(error).toMatchObject({ code: "INVALID_OPTION", parameter: "stages" });
    expect(error.message).toMatch(problem);
  });

  test("with a budget that is too small is answered by words, and says so", async () => {
    const { results, skipped } = await retriever.search("a red bus", { budgetMs: 1e-6 });
    expect(skipped).toEqual([{ stage: "dense", scored: 0, candidates: 5 }]);
    expect(results.map(({ id }) => id)).toEqual(["times"]);
  });

  test("has topN results and the filter's alone", async () => {
    const image = picture("gif.gif");
    expect((await retriever.search({ image }, { topN: 2 })).results).toHaveLength(2);
    const pages = await retriever.search({ image }, { filter: ({ kind }) => kind === "page" });
    expect(pages.results.map(({ id }) => id).sort()).toEqual(["moon", "times"]);
    const wrong = await caught(retriever.search("a", { filter: (() => 1) as never }));
    expect(wrong).toMatchObject({ code: "INVALID_OPTION", parameter: "filter" });
  });

  test("of an empty index finds nothing", async () => {
    await using empty = await load();
    for (const query of QUERIES) expect((await empty.search(query)).results).toEqual([]);
  });

  test("carries an instruction to a model that is prompted", async () => {
    await using prompted = await loadMultimodalEmbedder(fixture("tiny-llava"));
    await using own = await load({ embedder: prompted });
    await own.add([{ id: "a", image: picture("gif.gif") }, "words"]);
    const query = { text: "a red bus", instruction: "Find it: " };
    const [asked] = await prompted.embed([query], { inputType: "query" });
    const [document] = await prompted.embed([{ image: picture("gif.gif") }]);
    const { results } = await own.search(query);
    expect(results.find(({ id }) => id === "a")!.scores.dense).toBeCloseTo(similarity(asked!, document!), 4);
  });
});

describe("a retriever", () => {
  test.each<[string, object, RegExp]>([
    ["reranker", { reranker: "BAAI/bge-reranker-base" }, /of texts alone/],
    ["lateInteraction", { lateInteraction: true }, /of texts alone/],
    ["readOnly", { readOnly: true }, /needs a directory/],
    ["directory", { directory: "" }, /a path or a file: URL/],
    ["lateInteraction", { candidates: { lateInteraction: 5 } }, /not an option of candidates/],
    ["weights", { weights: { dense: -1 } }, /at least 0/],
    ["load", { load: { dtype: "int8" } }, /already loaded/],
    ["embedder", { embedder: Promise.resolve() }, /await it/],
    ["embedder", { embedder: 5 }, /a model or a loaded/],
    ["readOnly", { reranker: undefined, readOnly: true }, /needs a directory/],
    ["unheard", { unheard: 1 }, /not an option of loadMultimodalRetriever/],
  ])("with a wrong %s is refused (%o)", async (parameter, options, problem) => {
    const error = await caught(load(options));
    expect(error).toMatchObject({ code: "INVALID_OPTION", parameter });
    expect(error.message).toMatch(problem);
  });

  test("takes embedders of its kind alone", async () => {
    await using texts = await loadEmbedder(MODEL);
    const error = await caught(load({ embedder: texts as never }));
    expect(error).toMatchObject({ code: "INVALID_OPTION", parameter: "embedder" });
    expect(error.message).toContain("loadMultimodalEmbedder");
    const other = await caught(loadRetriever({ embedder: embedder as never }));
    expect(other).toMatchObject({ code: "INVALID_OPTION", parameter: "embedder" });
    expect(other.message).toContain("loadMultimodalRetriever");
  });

  test("loads a model with its options, and frees it; a shared one stays", async () => {
    const own = await loadMultimodalRetriever({ embedder: MODEL, load: { maxPixels: 50, truncation: "silent" } });
    expect(own.embedder.pictures.maxPixels).toBe(50);
    const error = await caught(own.add([{ id: "a", image: picture("gif.gif") }]));
    expect(error.message).toContain("maxPixels (50)");
    const pending = caught(own.search("a"));
    await own.dispose();
    await own.dispose();
    expect(await pending).toMatchObject({ code: "DISPOSED" });
    for (const call of [
      () => own.search("a"),
      () => own.add(["a"]),
      () => own.remove(["a"]),
      () => own.embedder.embed([{ text: "a" }]),
    ]) {
      expect(await caught(call())).toMatchObject({ code: "DISPOSED" });
    }
    expect(own.size).toBe(0);
    const sharing = await load();
    await sharing.dispose();
    expect(await embedder.embed([{ text: "a" }])).toHaveLength(1);
  });

  test("frees its model if the index cannot be opened", async () => {
    const directory = folderOf({ "notes.txt": "mine" });
    const error = await caught(loadMultimodalRetriever({ embedder: MODEL, directory }));
    expect(error).toMatchObject({ code: "INVALID_OPTION", parameter: "directory" });
  });

  test("is what it says: size, stages, ids, removal", async () => {
    await using retriever = await load();
    await retriever.add(DOCUMENTS);
    expect(retriever.stages).toEqual(["lexical", "dense"]);
    expect(retriever.size).toBe(5);
    expect(await retriever.remove(["bus", "nobody"])).toBe(1);
    const ids: string[] = [];
    for await (const id of retriever.ids()) ids.push(id);
    expect(ids.sort()).toEqual(["grey", "menu", "moon", "times"]);
    expect(retriever.has("bus")).toBe(false);
    expect(await caught(retriever.add("a" as never))).toMatchObject({ code: "INVALID_INPUT", parameter: "documents" });
    expect(await caught(retriever.remove([5] as never))).toMatchObject({ code: "INVALID_INPUT", parameter: "ids" });
  });
});

/** Adds pictures for ever, and says what was stored. */
const WRITER = `
import { loadMultimodalRetriever } from "@bge-js/retriever/multimodal";
const [directory, embedder] = process.argv.slice(2);
const retriever = await loadMultimodalRetriever({ embedder, directory });
for (let i = retriever.size / 20; ; i++) {
  await retriever.add(Array.from({ length: 20 }, (_, j) => ({
    id: \`r\${i}-\${j}\`,
    image: { data: new Uint8Array(27).fill(i * 20 + j), width: 3, height: 3, channels: 3 },
  })));
  console.log(\`added \${i}\`);
}
`;

test("what was stored when the process was killed is there, and is not read again", async () => {
  const directory = join(folderOf(), "index");
  for (let kill = 0; kill < 2; kill++) {
    const told = await toldUntilKilled(WRITER, [directory, MODEL], 2);
    const { counted, read } = counting();
    await using retriever = await load({ embedder: counted, directory });
    const rounds = [...told.matchAll(/^added (\d+)$/gm)].map(([, round]) => Number(round));
    expect(rounds.length).toBeGreaterThan(0);
    const documents = rounds.flatMap((round) =>
      Array.from({ length: 20 }, (_, j) => ({
        id: `r${round}-${j}`,
        image: { data: new Uint8Array(27).fill(round * 20 + j), width: 3, height: 3, channels: 3 } as const,
      })),
    );
    expect(await retriever.add(documents)).toEqual({ added: 0, replaced: 0, unchanged: documents.length });
    expect(read).toEqual([]);
    const { results } = await retriever.search({ image: documents[3]!.image }, { topN: 1 });
    expect(results[0]!.scores.dense).toBeCloseTo(1, 4);
    // A round that was cut off is made whole, so that the next process goes on from there.
    const cut = [...Array(retriever.size % 20)].map((_, j) => `r${Math.floor(retriever.size / 20)}-${j}`);
    expect(await retriever.remove(cut)).toBe(cut.length);
  }
}, 60_000);

test("docs/multimodal.md: the program prints what it shows", async () => {
  const root = fileURLToPath(new URL("..", import.meta.url));
  const page = readFileSync(join(root, "docs", "multimodal.md"), "utf8");
  const programs = [...page.matchAll(/```js\n(.*?)```\s+```text\n(.*?)```/gs)];
  expect(programs).toHaveLength(1);
  const [, code, output] = programs[0]!;
  const folder = folderOf({ "program.mjs": code });
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  symlinkSync(MODEL, join(folder, "bge-vl-base"), "junction");
  for (const [name, from] of [
    ["bus.jpg", "jpeg-large.jpg"],
    ["church.png", "png-rgb.png"],
    ["menu.jpg", "jpeg-420.jpg"],
  ] as const) {
    cpSync(picture(from), join(folder, name));
  }
  const child = spawn(process.execPath, ["program.mjs"], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  expect(await text(child.stdout)).toBe(output);
});
