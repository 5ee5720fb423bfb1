import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import type { Worker } from "node:worker_threads";
import { type BgeError, loadEmbedder, onEvent, resolveModel } from "@bge-js/core";
import {
  loadMultimodalEmbedder,
  type MultimodalEmbedder,
  type MultimodalInput,
  type MultimodalOptions,
} from "@bge-js/core/multimodal";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { folderOf } from "./support/folders.js";
import { cosine, largestDifference, readGolden, vectorOf } from "./support/golden.js";
import { fixture } from "./support/models.js";
import { watched } from "./support/workers.js";

interface ClipGolden {
  readonly dimensions: number;
  readonly cases: readonly {
    readonly name: string;
    readonly text?: string;
    readonly picture?: string;
    readonly tokens?: number;
    readonly kept?: number;
    readonly vector: string;
  }[];
}

const MODEL = fixture("tiny-clip");
const picture = (name: string) => join(fixture("pictures"), name);
const { cases, dimensions } = readGolden<ClipGolden>("clip/tiny-clip.json");
const inputs = cases.map(
  ({ text, picture: name }): MultimodalInput => ({
    ...(text !== undefined && { text }),
    ...(name !== undefined && { image: picture(name) }),
  }),
);
const load = (options: MultimodalOptions = {}) => loadMultimodalEmbedder(MODEL, { truncation: "silent", ...options });
const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable(),
    (error: BgeError) => error,
  );

let model: Awaited<ReturnType<typeof load>>;
beforeAll(async () => {
  model = await load();
});
afterAll(() => model.dispose());

describe("the reference's vectors", () => {
  const agrees = (vectors: readonly Float32Array[]) => {
    for (const [i, { name, vector }] of cases.entries()) {
      expect.soft(cosine(vectors[i]!, vectorOf(vector)), name).toBeGreaterThanOrEqual(0.99999);
    }
  };

  test("each input alone", async () => {
    const vectors: Float32Array[] = [];
    for (const input of inputs) vectors.push((await model.embed([input]))[0]!);
    agrees(vectors);
  });

  test("all in one list", async () => agrees(await model.embed(inputs)));

  test("in a stream, from worker processes", async () => {
    await using other = await load({ isolation: "process" });
    const vectors: Float32Array[] = [];
    for await (const vector of other.embedStream(inputs)) vectors.push(vector);
    agrees(vectors);
  });

  test("facts", () => {
    expect(model).toMatchObject({
      dimensions,
      maxTokens: 77,
      spec: { architecture: "clip", imageOutput: "image_embeds" },
    });
  });
});

test("the same input has the same vector, whatever is beside it", async () => {
  const one = { image: picture("jpeg-420.jpg"), text: "a red bus" };
  const [alone] = await model.embed([one]);
  for (const list of [[one, ...inputs], [...inputs, one], Array.from({ length: 40 }, () => one)]) {
    const vectors = await model.embed(list);
    expect(largestDifference(vectors[list.indexOf(one)]!, alone!)).toBeLessThanOrEqual(1e-6);
    expect(vectors).toHaveLength(list.length);
  }
});

test("a picture that is all its caller asks for gets all threads, and has the bits that it has in a list", async () => {
  await using one = await load({ threads: 1, workers: 1 });
  await using two = await load({ threads: 2, workers: 2 });
  const images = ["jpeg-420.jpg", "png-rgb.png", "gif.gif"].map((name) => ({ image: picture(name) }));
  const wanted = await one.embed(images);
  const posts = watched();
  // After eight of them the session with more threads is open.
  for (let i = 0; i < 12; i++) expect(await two.embed([images[i % 3]!])).toEqual([wanted[i % 3]]);
  expect(posts.map(({ type, lone }) => [type, lone])).toEqual(posts.map(() => ["image", true]));
  expect(await two.embed(images)).toEqual(wanted);
  expect(posts.slice(12).map(({ lone }) => lone)).toEqual([undefined, undefined, undefined]);
});

test("documents of a slow stream are no lone pictures, a query is one", async () => {
  await using two = await load({ threads: 2, workers: 2 });
  const image = picture("png-rgb.png");
  let drawn = 0;
  const all = 10;
  let done = () => {};
  // The next picture comes after the vector of the one before.
  async function* slow() {
    for (; drawn < all; drawn++) {
      const before = new Promise<void>((resolve) => {
        done = resolve;
      });
      yield { image };
      await before;
    }
  }
  const posts = watched();
  for await (const _ of two.embedStream(slow())) done();
  expect(posts.map(({ lone }) => lone)).toEqual(Array(all).fill(undefined));
  for await (const _ of two.embedStream([{ image }], { inputType: "query" }));
  expect(posts.slice(all).map(({ lone }) => lone)).toEqual([true]);
});

describe("inputs that change after the call", () => {
  const image = picture("png-rgb.png");
  const given = (): MultimodalInput[] => [
    { text: "a red bus" },
    { image },
    { image, text: "the moon" },
    ...Array.from({ length: 40 }, (_, i) => ({ text: `words ${i}` })),
  ];

  test("change nothing in a list", async () => {
    const wanted = await model.embed(given());
    const list = given();
    const vectors = model.embed(list);
    for (const input of list) Object.assign(input, { text: 5, image: "/no/such/file.png" });
    list.length = 1;
    expect(await vectors).toEqual(wanted);
  });

  test.each(["for", "for await"])("one object may be yielded again and again (%s)", async (kind) => {
    const wanted = await model.embed(given());
    function* again() {
      const one: { text?: string | undefined; image?: MultimodalInput["image"] | undefined } = {};
      for (const { text, image: own } of given()) yield Object.assign(one, { text, image: own }) as MultimodalInput;
      Object.assign(one, { text: undefined });
    }
    async function* later() {
      yield* again();
    }
    const vectors: Float32Array[] = [];
    for await (const vector of model.embedStream(kind === "for" ? again() : later())) vectors.push(vector);
    for (const [i, vector] of vectors.entries())
      expect(largestDifference(vector, wanted[i]!)).toBeLessThanOrEqual(1e-6);
    expect(vectors).toHaveLength(wanted.length);
  });

  test("getters of a class are read", async () => {
    class Page {
      get text() {
        return "a red bus";
      }
    }
    expect(await model.embed([new Page()])).toEqual(await model.embed([{ text: "a red bus" }]));
  });
});

describe("a picture in each of its forms", () => {
  const name = "png-rgb.png";
  const samples = async (of: string) => {
    const { data, info } = await sharp(picture(of)).raw().toBuffer({ resolveWithObject: true });
    return { data, width: info.width, height: info.height, channels: info.channels as 3 };
  };

  test("gives the same vector", async () => {
    const bytes = readFileSync(picture(name));
    const padded = Buffer.concat([Buffer.alloc(9), bytes, Buffer.alloc(9)]).subarray(9, 9 + bytes.length);
    const forms = [
      picture(name),
      relative(process.cwd(), picture(name)),
      pathToFileURL(picture(name)),
      pathToFileURL(picture(name)).href,
      bytes,
      Uint8Array.from(bytes),
      padded,
      await samples(name),
    ];
    const vectors = await model.embed(forms.map((image) => ({ image })));
    for (const vector of vectors) expect(vector).toEqual(vectors[0]);
  });

  test("a picture one pixel high is a picture", async () => {
    const [vector] = await model.embed([
      { image: { data: new Uint8Array(300 * 3).fill(90), width: 300, height: 1, channels: 3 } },
    ]);
    const [square] = await model.embed([
      { image: { data: new Uint8Array(3).fill(90), width: 1, height: 1, channels: 3 } },
    ]);
    expect(vector).toEqual(square);
  });

  test("EXIF orientation is ignored, and applied on request", async () => {
    await using turning = await load({ orientation: "apply" });
    const images = [1, 6].map((n) => ({ image: picture(`jpeg-orientation-${n}.jpg`) }));
    const [first, second] = await model.embed(images);
    const [, turned] = await turning.embed(images);
    expect(second).toEqual(first);
    expect(cosine(turned!, second!)).toBeLessThan(0.999);
  });
});

describe("long texts", () => {
  const long = "a ".repeat(100);

  test("are cut at 77 tokens, and reported by their place among the inputs", async () => {
    const reports: unknown[] = [];
    await using reporting = await load({ onTruncate: (report) => reports.push(report) });
    await reporting.embed([
      { image: picture("gif.gif") },
      { text: long },
      { text: "short" },
      { text: long, image: picture("gif.gif") },
    ]);
    const report = { inputType: "document", tokens: 102, kept: 77 };
    expect(reports).toEqual([
      { index: 1, ...report },
      { index: 3, ...report },
    ]);
  });

  test("are an error on request, before anything runs", async () => {
    await using strict = await load({ truncation: "error" });
    const list = [{ image: picture("gif.gif") }, { text: long }];
    expect(await caught(strict.embed(list))).toMatchObject({ code: "INPUT_TOO_LONG", indices: [1] });
    const skipped: BgeError[] = [];
    const vectors: unknown[] = [];
    const stream = strict.embedStream(list, { onError: "skip", onSkip: (error) => skipped.push(error) });
    for await (const vector of stream) vectors.push(vector);
    expect(vectors).toEqual([expect.any(Float32Array), undefined]);
    expect(skipped).toMatchObject([{ code: "INPUT_TOO_LONG", index: 1 }]);
  });
});

describe("a bad picture", () => {
  const good = { image: picture("gif.gif") };

  test("loses nothing of the others, and each is named with its reason", async () => {
    const list = [
      { image: Buffer.from("GIF89a") },
      good,
      { image: "/no/such/file.jpg" },
      { text: "words" },
      { image: picture("../pictures") },
    ];
    const error = await caught(model.embed(list));
    expect(error).toMatchObject({ code: "INVALID_INPUT", indices: [0, 2, 4] });
    for (const part of ["cannot be decoded", "index 2: ", "ENOENT", "index 4: ", "is not a file"])
      expect(error.message).toContain(part);
    expect(error.completed?.map((vector) => vector?.constructor.name)).toEqual([
      undefined,
      "Float32Array",
      undefined,
      "Float32Array",
      undefined,
    ]);
  });

  test("is skipped by a stream that is told so", async () => {
    const skipped: (number | undefined)[] = [];
    const list = [good, { image: Buffer.alloc(0) }, 5 as unknown as MultimodalInput, good];
    const vectors: unknown[] = [];
    for await (const vector of model.embedStream(list, { onError: "skip", onSkip: ({ index }) => skipped.push(index) }))
      vectors.push(vector);
    expect(skipped).toEqual([1, 2]);
    expect(vectors.map((vector) => vector === undefined)).toEqual([false, true, true, false]);
  });

  test("of too many bytes or pixels is refused", async () => {
    await using small = await load({ maxBytes: 1000, maxPixels: 50 });
    const error = await caught(
      small.embed([
        good,
        { image: picture("png-palette-4.png") },
        { image: { data: new Uint8Array(51), width: 51, height: 1, channels: 1 } },
      ]),
    );
    expect(error).toMatchObject({ code: "INVALID_INPUT", indices: [0, 1, 2] });
    expect(error.message).toMatch(
      /1763 bytes are more than maxBytes \(1000\).*97 × 61 pixels.*51 × 1 pixels are more than maxPixels \(50\)/,
    );
  });

  test.each<[string, unknown, RegExp]>([
    ["nothing", {}, /neither text nor image/],
    ["null", null, /must be \{ text\?, image\? \}/],
    ["a string", "words", /must be \{ text\?, image\? \}/],
    ["another field", { picture: "a" }, /field picture/],
    ["an instruction", { text: "a", instruction: "b" }, /takes no instruction/],
    ["a number as text", { text: 5 }, /text cannot be used: number/],
    ["a lone surrogate", { text: "\ud800" }, /lone surrogate/],
    ["a number as image", { image: 5 }, /must be a path, a URL/],
    ["an empty path", { image: "" }, /path is empty/],
    ["a null character", { image: "a\0b" }, /null character/],
    ["a data: URL", { image: "data:image/png;base64,AAAA" }, /data: URLs/],
    ["another protocol", { image: new URL("ftp://example.org/a.png") }, /ftp: URLs/],
    ["a URL", { image: "https://example.org/a.png" }, /URLs are off/],
    [
      "samples too short",
      { image: { data: new Uint8Array(5), width: 1, height: 2, channels: 3 } },
      /5 bytes; 1 × 2 pixels of 3 channels are 6/,
    ],
    [
      "two channels",
      { image: { data: new Uint8Array(2), width: 1, height: 1, channels: 2 } },
      /channels must be 1, 3 or 4/,
    ],
    ["no width", { image: { data: new Uint8Array(0), width: 0, height: 1, channels: 3 } }, /width must be/],
    ["floats", { image: { data: new Float32Array(3), width: 1, height: 1, channels: 3 } }, /data must be a Uint8Array/],
  ])("%s is refused before anything runs", async (_, input, problem) => {
    const error = await caught(model.embed([good, input as MultimodalInput]));
    expect(error).toMatchObject({ code: "INVALID_INPUT", parameter: "inputs", indices: [1] });
    expect(error.message).toMatch(problem);
  });

  test("inputs that are no list are refused", async () => {
    expect(await caught(model.embed("words" as never))).toMatchObject({ code: "INVALID_INPUT", parameter: "inputs" });
    expect(await caught(model.embedStream(5 as never).next())).toMatchObject({
      code: "INVALID_INPUT",
      parameter: "inputs",
    });
  });
});

describe("a call", () => {
  const many = Array.from({ length: 60 }, (_, i) => inputs[i % inputs.length]!);

  test("of nothing gives nothing", async () => {
    expect(await model.embed([])).toEqual([]);
    expect(await model.embedStream([]).next()).toEqual({ done: true, value: undefined });
  });

  test("tells its progress", async () => {
    const told: number[] = [];
    await model.embed(many, { onProgress: ({ completed, total }) => told.push(completed / total) });
    expect(told).toEqual(Array.from({ length: many.length }, (_, i) => (i + 1) / many.length));
  });

  test("is aborted, and the model goes on", async () => {
    const stop = new AbortController();
    const running = model.embed(many, {
      signal: stop.signal,
      onProgress: ({ completed }) => completed === 3 && stop.abort(new Error("enough")),
    });
    await expect(running).rejects.toThrow("enough");
    expect(await model.embed([many[0]!])).toHaveLength(1);
    await expect(model.embed(many, { signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow("before");
  });

  test("has a deadline, with what was finished", async () => {
    const error = await caught(model.embed(many, { deadlineMs: 0 }));
    expect(error.code).toBe("DEADLINE_EXCEEDED");
  });

  test("runs beside others", async () => {
    const [all, one] = await Promise.all([model.embed(many), model.embed([many[5]!], { inputType: "query" })]);
    expect(largestDifference(all[5]!, one[0]!)).toBeLessThanOrEqual(1e-6);
  });

  test("draws from a stream only as far ahead as it says", async () => {
    let drawn = 0;
    const source = (function* () {
      for (;;) yield many[drawn++ % many.length]!;
    })();
    const stream = model.embedStream(source);
    for (let i = 0; i < 3; i++) expect((await stream.next()).value).toHaveLength(dimensions);
    await stream.return(undefined);
    expect(drawn).toBeLessThanOrEqual(64);
  });

  test("is counted in events: texts and pictures apart", async () => {
    const seen: unknown[] = [];
    const forget = [
      onEvent("bge-js:call", ({ method, inputs: count, outcome }) => seen.push({ method, inputs: count, outcome })),
      onEvent("bge-js:run", ({ work }) => seen.push(work)),
    ];
    await model.embed([{ text: "a" }, { image: picture("gif.gif"), text: "b" }]);
    for (const each of forget) each();
    expect(seen).toEqual(
      expect.arrayContaining([
        "image",
        { method: "embed", inputs: 2, outcome: "ok" },
        { method: "embed", inputs: 1, outcome: "ok" },
      ]),
    );
  });
});

describe("a lost worker", () => {
  const workers = new Set<Worker>();
  process.on("worker", (worker) => {
    workers.add(worker);
    worker.once("exit", () => workers.delete(worker));
  });
  const pictures = Array.from({ length: 30 }, () => ({ image: picture("jpeg-large.jpg") }));
  const losing = (other: MultimodalEmbedder) => {
    let ended: Promise<unknown> = Promise.resolve();
    return other
      .embed(pictures, {
        onProgress({ completed }) {
          if (completed === 5) ended = Promise.all([...workers].map((worker) => worker.terminate()));
        },
      })
      .finally(() => ended);
  };

  test("loses its own picture alone, and is replaced", async () => {
    await using other = await load({ threads: 1 });
    const error = await caught(losing(other));
    expect(error).toMatchObject({ code: "WORKER_LOST", indices: [expect.any(Number)] });
    expect(error.completed?.filter((vector) => vector !== undefined)).toHaveLength(29);
    expect(await other.embed([{ text: "on", image: picture("gif.gif") }])).toHaveLength(1);
  });

  test("loses nothing on request", async () => {
    await using other = await load({ threads: 1, retryLost: true });
    const vectors = await losing(other);
    for (const vector of vectors) expect(vector).toEqual(vectors[0]);
  });
});

describe("a model", () => {
  test("that is disposed ends its calls", async () => {
    const other = await load();
    const running = caught(other.embed(inputs));
    await other.dispose();
    expect(await running).toMatchObject({ code: "DISPOSED" });
    expect(await caught(other.embed([{ text: "a" }]))).toMatchObject({ code: "DISPOSED" });
    await other.dispose();
  });

  const copied = () => {
    const folder = folderOf();
    cpSync(MODEL, folder, { recursive: true });
    return folder;
  };

  test("reads texts without its graph for pictures", async () => {
    const folder = copied();
    rmSync(join(folder, "onnx", "vision_model.onnx"));
    await using texts = await loadEmbedder(folder);
    const [wanted] = await model.embed([{ text: "a red bus" }]);
    expect(await texts.embedQuery("a red bus")).toEqual(wanted);
    expect(await caught(loadMultimodalEmbedder(folder))).toMatchObject({
      code: "MODEL_NOT_FOUND",
      message: expect.stringContaining("vision_model.onnx"),
    });
  });

  test("is known by its files alone", () => {
    const folder = copied();
    rmSync(join(folder, "bge.json"));
    const { spec } = resolveModel(folder);
    expect(spec).toMatchObject({
      architecture: "clip",
      dimensions: 16,
      maxTokens: 77,
      output: "text_embeds",
      imageOutput: "image_embeds",
    });
  });

  test("whose pictures are prepared in another way is refused", async () => {
    const folder = copied();
    const file = join(folder, "preprocessor_config.json");
    const settings = JSON.parse(readFileSync(file, "utf8")) as object;
    writeFileSync(file, JSON.stringify({ ...settings, resample: 2 }));
    expect(await caught(loadMultimodalEmbedder(folder))).toMatchObject({
      code: "UNSUPPORTED_MODEL",
      message: expect.stringContaining("resample"),
    });
    rmSync(file);
    expect(await caught(loadMultimodalEmbedder(folder))).toMatchObject({ code: "MODEL_NOT_FOUND" });
  });

  test("whose graph for pictures is another's is refused", async () => {
    const folder = copied();
    cpSync(join(folder, "onnx", "text_model.onnx"), join(folder, "onnx", "vision_model.onnx"));
    expect(await caught(loadMultimodalEmbedder(folder))).toMatchObject({
      code: "MODEL_MISMATCH",
      message: expect.stringContaining("pixel_values"),
    });
  });

  test("that reads no pictures is refused", async () => {
    expect(await caught(loadMultimodalEmbedder("bge-small-en-v1.5"))).toMatchObject({
      code: "MODEL_MISMATCH",
      parameter: "model",
    });
  });

  test("that is not here: what to pull and how to export it", async () => {
    const { code, message } = await caught(loadMultimodalEmbedder(undefined, { download: false }));
    expect(code).toBe("MODEL_NOT_FOUND");
    expect(message).toMatch(/tools\/export\/export BAAI\/BGE-VL-base .\/bge-vl-base; .*Then load "\.\/bge-vl-base"\./);
  });

  test.each<[string, object]>([
    ["maxPixels", { maxPixels: 0 }],
    ["maxBytes", { maxBytes: 1.5 }],
    ["orientation", { orientation: "up" }],
    ["allowUrls", { allowUrls: "yes" }],
    ["hosts", { allowUrls: { hosts: ["https://example.org"] } }],
    ["maxRedirects", { allowUrls: { maxRedirects: -1 } }],
    ["timeoutMs", { allowUrls: { timeoutMs: 2 ** 31 } }],
    ["ports", { allowUrls: { ports: [1] } }],
    ["maxTokens", { maxTokens: 78 }],
    ["dimensions", { dimensions: 8 }],
  ])("with a wrong %s is refused", async (parameter, options) => {
    expect(await caught(load(options))).toMatchObject({ code: "INVALID_OPTION", parameter });
  });
});
