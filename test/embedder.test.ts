import { getEventListeners } from "node:events";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
// The built package: a worker cannot start from TypeScript.
import { BgeError, type Embedder, loadEmbedder, loadReranker, type TruncationReport } from "@bge-js/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { folderOf } from "./support/folders.js";
import { fixture } from "./support/models.js";

const tiny = fixture("tiny-bert-cls");
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `text number ${i}`);
const tick = () => new Promise((resolve) => setTimeout(resolve, 5));
const until = async (condition: () => boolean) => {
  while (!condition()) await tick();
};

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

let model: Embedder;
beforeAll(async () => {
  model = await loadEmbedder(tiny, { threads: 2, truncation: "silent" });
});
afterAll(() => model.dispose());

/** A source of texts without end, which knows whether it was closed. */
function endless(text = (i: number) => `text number ${i}`) {
  const state = { drawn: 0, closed: false };
  async function* source() {
    try {
      for (;;) yield text(state.drawn++);
    } finally {
      state.closed = true;
    }
  }
  return { state, source: source() };
}

describe("embedStream", () => {
  test("gives what embedDocuments gives, in order, for every kind of source", async () => {
    const texts = numbered(600);
    const expected = await model.embedDocuments(texts);
    async function* slowly() {
      for (const [i, text] of texts.entries()) {
        if (i % 211 === 0) await tick();
        yield text;
      }
    }
    for (const source of [texts, new Set(texts), slowly()]) {
      let i = 0;
      for await (const vector of model.embedStream(source)) {
        const other = expected[i++]!;
        expect(Math.max(...vector.map((value, d) => Math.abs(value - other[d]!)))).toBeLessThan(1e-5);
      }
      expect(i).toBe(texts.length);
    }
  });

  test("puts the instruction before queries when asked", async () => {
    const [vector] = await all(model.embedStream(["what?"], { inputType: "query" }));
    expect(vector).toEqual(await model.embedQuery("what?"));
    const [document] = await all(model.embedStream(["what?"]));
    expect(document).not.toEqual(vector);
  });

  test("left early, closes its source and leaves the model usable", async () => {
    const { state, source } = endless();
    let seen = 0;
    for await (const _ of model.embedStream(source)) if (++seen === 3) break;
    await until(() => state.closed);
    expect(await model.embedQuery("still there?")).toHaveLength(48);
  });

  test("aborted while it waits for the model, closes its source too", async () => {
    const { state, source } = endless((i) => `${i} `.repeat(400));
    const controller = new AbortController();
    const next = model.embedStream(source, { signal: controller.signal }).next();
    await until(() => state.drawn > 0);
    controller.abort(new Error("enough"));
    await expect(next).rejects.toThrow("enough");
    await until(() => state.closed);
  });

  test("aborted while its source hangs, rejects all the same", async () => {
    const controller = new AbortController();
    async function* source() {
      yield "one";
      await new Promise(() => {});
    }
    const stream = model.embedStream(source(), { signal: controller.signal });
    expect((await stream.next()).value).toHaveLength(48);
    const next = stream.next();
    controller.abort("enough");
    await expect(next).rejects.toBe("enough");
  });

  test("aborted between two reads, rejects the second", async () => {
    const controller = new AbortController();
    const stream = model.embedStream(numbered(900), { signal: controller.signal });
    await stream.next();
    controller.abort("enough");
    await expect(stream.next()).rejects.toBe("enough");
    expect((await stream.next()).done).toBe(true);
  });

  test("gives the vectors of all texts before its source failed, then that error as it is", async () => {
    const failure = new TypeError("the disk is gone");
    function* source() {
      yield* numbered(300);
      throw failure;
    }
    let seen = 0;
    const reading = (async () => {
      for await (const _ of model.embedStream(source())) seen++;
    })();
    await expect(reading).rejects.toBe(failure);
    expect(seen).toBe(300);
  });

  test("with `throw`, the default, ends at the first bad text and names its place", async () => {
    const texts = ["good", 7 as unknown as string, "\ud800"];
    const stream = model.embedStream(texts);
    expect((await stream.next()).value).toHaveLength(48);
    await expect(stream.next()).rejects.toMatchObject({ code: "INVALID_INPUT", index: 1 });
    expect((await stream.next()).done).toBe(true);
  });

  test("with `skip`, gives `undefined` for bad and over-long texts, tells of each, and goes on", async () => {
    await using strict = await loadEmbedder(tiny, { threads: 2, truncation: "error", maxTokens: 8 });
    const texts = ["good", null as unknown as string, "\ud800", "far ".repeat(50), "good"];
    const skipped: BgeError[] = [];
    const options = { onError: "skip", onSkip: (error: BgeError) => void skipped.push(error) } as const;
    const vectors = await all(strict.embedStream(texts, options));
    expect(vectors.map((vector) => vector?.length)).toEqual([48, undefined, undefined, undefined, 48]);
    expect(skipped.map(({ code, index }) => [code, index])).toEqual([
      ["INVALID_INPUT", 1],
      ["INVALID_INPUT", 2],
      ["INPUT_TOO_LONG", 3],
    ]);
  });

  test("ends with what onSkip throws, and closes its source", async () => {
    const { state, source } = endless((i) => (i === 2 ? "\ud800" : "good"));
    const stream = model.embedStream(source, {
      onError: "skip",
      onSkip: () => {
        throw new Error("no skipping");
      },
    });
    await expect(all(stream)).rejects.toThrow("no skipping");
    await until(() => state.closed);
  });

  test("keeps nothing of what was read", async () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const { source } = endless();
    const stream = model.embedStream(source, { signal: new AbortController().signal });
    const read = async (count: number) => {
      const vectors: WeakRef<Float32Array>[] = [];
      while (vectors.length < count) vectors.push(new WeakRef((await stream.next()).value!));
      return vectors;
    };
    const early = await read(300);
    await read(2000);
    await tick();
    collect();
    const kept = early.filter((vector) => vector.deref() !== undefined);
    expect(kept.length).toBeLessThan(10);
    await stream.return(undefined);
  });

  test.each([undefined, null, 7, "a text", {}])("refuses %j in the place of texts", async (texts) => {
    const stream = model.embedStream(texts as unknown as string[]);
    await expect(stream.next()).rejects.toMatchObject({ code: "INVALID_INPUT", parameter: "texts" });
  });

  test.each([
    ["onError", { onError: "ignore" }],
    ["inputType", { inputType: "passage" }],
    ["signal", { signal: {} }],
  ])("refuses a bad %s", async (parameter, options) => {
    const stream = model.embedStream(["x"], options as object);
    await expect(stream.next()).rejects.toMatchObject({ code: "INVALID_OPTION", parameter });
  });
});

describe("a signal that lives long", () => {
  test("is left without listeners by every call, however it ended, and shared by many at once", async () => {
    const { signal } = new AbortController();
    const warnings: Error[] = [];
    const listener = (warning: Error) => void warnings.push(warning);
    process.on("warning", listener);
    await Promise.all(Array.from({ length: 40 }, () => model.embedQuery("x", { signal })));
    await model.embedDocuments(numbered(3), { signal });
    await model.embedDocuments([], { signal });
    await model.countTokens("x", { signal });
    await expect(model.embedDocuments([7 as unknown as string], { signal })).rejects.toThrow();
    for await (const _ of model.embedStream(endless().source, { signal })) break;
    const gone = await loadEmbedder(tiny, { threads: 2 });
    await gone.dispose();
    await expect(gone.embedQuery("x", { signal })).rejects.toThrow();
    await expect(gone.embedStream(["x"], { signal }).next()).rejects.toThrow();
    await tick();
    process.off("warning", listener);
    expect(getEventListeners(signal, "abort")).toEqual([]);
    expect(warnings).toEqual([]);
  });

  test("aborts all of its calls, and no others", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const calls = Array.from({ length: 20 }, () => model.embedDocuments(numbered(300), { signal }));
    const other = model.embedDocuments(numbered(300));
    controller.abort("enough");
    for (const outcome of await Promise.allSettled(calls)) {
      expect(outcome).toEqual({ status: "rejected", reason: "enough" });
    }
    expect(await other).toHaveLength(300);
  });
});

describe("callbacks that throw", () => {
  const failure = new Error("from the callback");
  const thrower = () => {
    throw failure;
  };

  test("onProgress: the call rejects with it, and the model goes on", async () => {
    await expect(model.embedDocuments(numbered(600), { onProgress: thrower })).rejects.toBe(failure);
    expect(await model.embedDocuments(numbered(3))).toHaveLength(3);
  });

  test("onTruncate: the call rejects with it, and the model goes on", async () => {
    await using cutting = await loadEmbedder(tiny, { threads: 2, maxTokens: 8, onTruncate: thrower });
    const long = "far ".repeat(50);
    await expect(cutting.embedDocuments([long])).rejects.toBe(failure);
    await expect(cutting.embedQuery(long)).rejects.toBe(failure);
    await expect(cutting.embedStream([long]).next()).rejects.toBe(failure);
    expect(await cutting.embedDocuments(["short"])).toHaveLength(1);
  });
});

describe("the caller's list", () => {
  test("may be changed while it is embedded or scored: what was passed counts", async () => {
    const texts = numbered(600);
    const expected = await model.embedDocuments(texts);
    const call = model.embedDocuments(texts);
    texts.fill("other").length = 3;
    expect(await call).toEqual(expected);
    await using reranker = await loadReranker(fixture("tiny-bert-reranker"), { threads: 2 });
    const documents = numbered(600);
    const scores = await reranker.score("which?", documents);
    const scoring = reranker.score("which?", documents);
    documents.length = 0;
    expect(await scoring).toEqual(scores);
  });

  test("is never changed by us, frozen or not", async () => {
    const texts = Object.freeze(["b", "a", "b"]);
    const [first, , third] = await model.embedDocuments(texts);
    expect(third).toEqual(first);
    expect(texts).toEqual(["b", "a", "b"]);
  });
});

describe("truncation", () => {
  test("of a cross-encoder tells of query and documents, and warns once for the model", async () => {
    const warnings: Error[] = [];
    const listener = (warning: Error) => void warnings.push(warning);
    process.on("warning", listener);
    const reports: TruncationReport[] = [];
    await using reranker = await loadReranker(fixture("tiny-bert-reranker"), {
      threads: 2,
      maxTokens: 20,
      onTruncate: (report) => void reports.push(report),
    });
    const long = "far ".repeat(50);
    await reranker.score(long, ["short", long]);
    await reranker.score(long, [long]);
    await tick();
    process.off("warning", listener);
    expect(warnings).toHaveLength(1);
    // 3/4 of 20 for the query; "short" does not fit beside 15 and three specials either.
    expect(reports.slice(0, 1)).toEqual([{ index: 0, inputType: "query", tokens: 100, kept: 15 }]);
    expect(reports.filter(({ inputType }) => inputType === "document").map(({ index }) => index)).toContain(1);
    expect(reports.filter(({ inputType }) => inputType === "document").every(({ kept }) => kept === 20)).toBe(true);
  });

  test('"error" refuses everything too long before anything runs, a cross-encoder\'s pairs too', async () => {
    const long = "far ".repeat(50);
    const options = { threads: 2, maxTokens: 20, truncation: "error" } as const;
    await using strict = await loadEmbedder(tiny, options);
    await expect(strict.embedDocuments(["a", long, "b", long])).rejects.toMatchObject({
      code: "INPUT_TOO_LONG",
      indices: [1, 3],
    });
    await using reranker = await loadReranker(fixture("tiny-bert-reranker"), options);
    await expect(reranker.score(long, ["a"])).rejects.toMatchObject({ code: "INPUT_TOO_LONG", indices: [0] });
    await expect(reranker.score("a", ["a", long])).rejects.toMatchObject({ code: "INPUT_TOO_LONG", indices: [1] });
    expect(await reranker.score("a", ["a"])).toHaveLength(1);
  });
});

describe("after dispose", () => {
  test("every method rejects, also for nothing to do", async () => {
    const gone = await loadEmbedder(tiny, { threads: 2 });
    const reranker = await loadReranker(fixture("tiny-bert-reranker"), { threads: 2 });
    expect(await reranker.score("q", [])).toEqual([]);
    expect(await gone.embedDocuments([])).toEqual([]);
    await Promise.all([gone.dispose(), gone.dispose(), reranker.dispose()]);
    await gone[Symbol.asyncDispose]();
    const disposed = expect.objectContaining({ name: "BgeError", code: "DISPOSED" });
    await expect(gone.embedQuery("x")).rejects.toEqual(disposed);
    await expect(gone.embedDocuments([])).rejects.toEqual(disposed);
    await expect(gone.embedTokens(["x"], { inputType: "document" })).rejects.toEqual(disposed);
    await expect(gone.countTokens("x")).rejects.toEqual(disposed);
    await expect(gone.embedStream([]).next()).rejects.toEqual(disposed);
    await expect(reranker.score("q", [])).rejects.toEqual(disposed);
    await expect(reranker.rerank("q", ["d"])).rejects.toEqual(disposed);
  });

  test("a stream that was begun rejects as well, and closes its source", async () => {
    const gone = await loadEmbedder(tiny, { threads: 2 });
    const { state, source } = endless();
    const reading = (async () => {
      for await (const _ of gone.embedStream(source)) void gone.dispose();
    })();
    await expect(reading).rejects.toMatchObject({ code: "DISPOSED" });
    await until(() => state.closed);
  });
});

test("a vector that is not finite is an error which names its text and carries the others", async () => {
  const folder = folderOf();
  cpSync(tiny, folder, { recursive: true });
  const { vocab } = (
    JSON.parse(readFileSync(join(folder, "tokenizer.json"), "utf8")) as { model: { vocab: Record<string, number> } }
  ).model;
  poison(join(folder, "onnx", "model.onnx"), vocab["!"]!, 48);
  await using poisoned = await loadEmbedder(folder, { threads: 2 });
  const texts = ["good", "bad!", "as good", "bad again !"];
  const failure = (await poisoned.embedDocuments(texts).catch((error: unknown) => error)) as BgeError;
  expect(failure).toBeInstanceOf(BgeError);
  expect(failure).toMatchObject({ code: "INFERENCE_FAILED", index: 1, indices: [1, 3] });
  const finished = failure.completed?.map((vector) => (vector as Float32Array | undefined)?.length);
  expect(finished).toEqual([48, undefined, 48, undefined]);
  const streamed = await all(poisoned.embedStream(texts, { onError: "skip" }));
  expect(streamed.map((vector) => vector?.length)).toEqual([48, undefined, 48, undefined]);
});

/** Makes the embedding of one token NaN: an ONNX tensor is its name, tag 0x4a, the length as a varint, and the numbers. */
function poison(file: string, token: number, width: number): void {
  const bytes = readFileSync(file);
  const name = Buffer.from("word_embeddings.weight\x4a");
  let at = bytes.indexOf(name) + name.length;
  while (bytes[at]! >= 0x80) at++;
  new Uint8Array(bytes.buffer, bytes.byteOffset + at + 1 + token * width * 4, width * 4).fill(0xff);
  writeFileSync(file, bytes);
}

describe("the options of a call", () => {
  test("that do not exist, or are callbacks that cannot be called, are refused", async () => {
    const embedder = await loadEmbedder(fixture("tiny-bert-cls"));
    const reranker = await loadReranker(fixture("tiny-bert-reranker"));
    const refused = (call: () => Promise<unknown>, parameter: string) =>
      expect(call()).rejects.toMatchObject({ code: "INVALID_OPTION", parameter });
    // What a program without types may pass.
    await refused(() => embedder.embedQuery("x", { sginal: 1 } as object), "sginal");
    await refused(() => embedder.embedDocuments(["x"], { onProgress: "yes" } as object), "onProgress");
    await refused(() => embedder.embedStream(["x"], { onSkip: 1 } as object).next(), "onSkip");
    await refused(() => reranker.rerank("q", ["d"], { topK: 3 } as object), "topK");
    await refused(() => reranker.rerank("q", ["d"], { topN: 0 }), "topN");
    await embedder.dispose();
    await reranker.dispose();
  });
});
