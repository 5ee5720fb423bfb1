import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BgeError, loadEmbedder, onEvent, resolveModel } from "@bge-js/core";
import { loadMultimodalEmbedder, type MultimodalInput, type MultimodalOptions } from "@bge-js/core/multimodal";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { folderOf } from "./support/folders.js";
import { cosine, largestDifference, readGolden, vectorOf } from "./support/golden.js";
import { fixture } from "./support/models.js";

interface Case {
  readonly name: string;
  readonly inputType: "query" | "document";
  readonly text?: string;
  readonly picture?: string;
  readonly instruction?: string;
  readonly tokens: number;
  readonly vector: string;
}

interface Golden {
  readonly dimensions: number;
  readonly cases: readonly Case[];
  readonly native?: readonly Case[];
  readonly scaled?: { readonly maxScaledPixels: number; readonly cases: readonly Case[] };
}

const picture = (name: string) => join(fixture("pictures"), name);
const toInput = ({ text, picture: name, instruction }: Case): MultimodalInput => ({
  ...(text !== undefined && { text }),
  ...(name !== undefined && { image: picture(name) }),
  ...(instruction !== undefined && { instruction }),
});
const caught = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable(),
    (error: BgeError) => error,
  );
/** The bound is 0.9999; random weights as small as these leave more than that only where something is wrong. */
const LEAST = 0.99999;

describe.each([
  ["tiny-llava", "llava_next", "<image>"],
  ["tiny-qwen-vl", "qwen2_5_vl", "<|image_pad|>"],
])("%s", (name, architecture, imageToken) => {
  const golden = readGolden<Golden>(`vision/${name}.json`);
  const load = (options: MultimodalOptions = {}) =>
    loadMultimodalEmbedder(fixture(name), { truncation: "silent", ...options });
  const image = picture("jpeg-420.jpg");
  let model: Awaited<ReturnType<typeof load>>;
  beforeAll(async () => {
    model = await load();
  });
  afterAll(() => model.dispose());

  const agrees = (cases: readonly Case[], vectors: readonly Float32Array[]) => {
    expect(vectors).toHaveLength(cases.length);
    for (const [i, { name: of, vector }] of cases.entries()) {
      expect.soft(cosine(vectors[i]!, vectorOf(vector)), of).toBeGreaterThanOrEqual(LEAST);
    }
  };
  const side = (inputType: "query" | "document") => golden.cases.filter((one) => one.inputType === inputType);

  test("the reference's vectors: each input alone", async () => {
    const vectors: Float32Array[] = [];
    for (const one of golden.cases) {
      vectors.push((await model.embed([toInput(one)], { inputType: one.inputType }))[0]!);
    }
    agrees(golden.cases, vectors);
  });

  test.each(["query", "document"] as const)("the reference's vectors: each %s in one list", async (inputType) => {
    const cases = side(inputType);
    agrees(cases, await model.embed(cases.map(toInput), { inputType }));
  });

  test("the reference's vectors: in a stream, from a worker process", async () => {
    await using other = await load({ isolation: "process" });
    const cases = side("document");
    const vectors: Float32Array[] = [];
    for await (const vector of other.embedStream(cases.map(toInput))) vectors.push(vector);
    agrees(cases, vectors);
  });

  test("facts", () => {
    expect(model).toMatchObject({
      dimensions: golden.dimensions,
      maxTokens: 2048,
      spec: { architecture, vision: { imageToken } },
    });
    expect(model.source.file).toMatch(/language_model\.onnx$/);
  });

  test("the same input has the same vector, whatever is beside it", async () => {
    const one = { image, text: "a red bus" };
    const [alone] = await model.embed([one]);
    const vectors = await model.embed([{ text: "a" }, one, { image: picture("gif.gif") }, one]);
    for (const at of [1, 3]) expect(largestDifference(vectors[at]!, alone!)).toBeLessThanOrEqual(1e-6);
  });

  test("words, pictures, instructions and sides all count", async () => {
    const given = [{ text: "a red bus" }, { image }, { image, text: "a red bus" }, { image, text: "a blue bus" }];
    const vectors = [
      ...(await model.embed(given)),
      ...(await model.embed(
        [
          { image, text: "a red bus" },
          { image, text: "a red bus", instruction: "Find it." },
        ],
        {
          inputType: "query",
        },
      )),
    ];
    const same = golden.dimensions > 0 && architecture === "qwen2_5_vl";
    for (const [i, vector] of vectors.entries()) {
      for (const [j, other] of vectors.slice(0, i).entries()) {
        // Qwen's prompt has no side of its own: only an instruction tells a query.
        if (same && i === 4 && j === 2) expect(cosine(vector, other)).toBeCloseTo(1, 6);
        else expect.soft(cosine(vector, other), `${i}, ${j}`).toBeLessThan(0.9999);
      }
    }
  });

  test("a long text is cut within its prompt, and reported", async () => {
    const reports: unknown[] = [];
    await using short = await load({ maxTokens: 60, onTruncate: (report) => reports.push(report) });
    const long = { image, text: "the quick brown fox ".repeat(40) };
    const [cut, whole] = await short.embed([long, { image, text: "fits" }]);
    expect(cosine(cut!, whole!)).toBeLessThan(0.9999);
    expect(reports).toEqual([
      { index: 0, inputType: "document", tokens: expect.any(Number), kept: expect.any(Number) },
    ]);
    const { tokens, kept } = reports[0] as { tokens: number; kept: number };
    expect(tokens).toBeGreaterThan(60);
    expect(kept).toBeLessThanOrEqual(60);
    expect(kept).toBeGreaterThan(50);
    const error = await caught(short.embed([{ text: "a", instruction: "word ".repeat(100) }], { inputType: "query" }));
    expect(error).toMatchObject({ code: "INPUT_TOO_LONG", indices: [0] });
    await using strict = await load({ maxTokens: 60, truncation: "error" });
    expect(await caught(strict.embed([{ text: "a" }, long]))).toMatchObject({ code: "INPUT_TOO_LONG", indices: [1] });
  });

  test.each<[string, object, RegExp]>([
    ["the picture's token as text", { text: `a ${imageToken}` }, /stands for a picture/],
    ["the picture's token in the instruction", { text: "a", instruction: imageToken }, /stands for a picture/],
    ["an empty instruction", { text: "a", instruction: "" }, /empty; leave it out/],
    ["a number as instruction", { text: "a", instruction: 5 }, /instruction cannot be used: number/],
    ["an instruction alone", { instruction: "a" }, /neither text nor image/],
    ["another field", { text: "a", prompt: "b" }, /field prompt; it may have text, image, instruction/],
  ])("%s is refused before anything runs", async (_, input, problem) => {
    const error = await caught(model.embed([{ text: "a" }, input as MultimodalInput], { inputType: "query" }));
    expect(error).toMatchObject({ code: "INVALID_INPUT", indices: [1] });
    expect(error.message).toMatch(problem);
  });

  test("a bad picture loses nothing of the others", async () => {
    const error = await caught(
      model.embed([{ image: Buffer.from("GIF89a") }, { text: "a" }, { image: "/no/such.jpg" }]),
    );
    expect(error).toMatchObject({ code: "INVALID_INPUT", indices: [0, 2] });
    expect(error.completed?.map((vector) => vector !== undefined)).toEqual([false, true, false]);
    const kept: boolean[] = [];
    const inputs = [{ image: Buffer.alloc(0) }, { text: "a" }];
    for await (const vector of model.embedStream(inputs, { onError: "skip" })) kept.push(vector !== undefined);
    expect(kept).toEqual([false, true]);
  });

  test("a call is aborted, has a deadline, tells its progress and is traced", async () => {
    const many = Array.from({ length: 8 }, () => ({ text: "a red bus" }));
    const stop = new AbortController();
    const told: number[] = [];
    const running = model.embed(many, {
      signal: stop.signal,
      onProgress({ completed }) {
        told.push(completed);
        stop.abort(new Error("enough"));
      },
    });
    await expect(running).rejects.toThrow("enough");
    expect(told[0]).toBe(1);
    expect(await caught(model.embed(many, { deadlineMs: 0 }))).toMatchObject({ code: "DEADLINE_EXCEEDED" });
    const seen: unknown[] = [];
    const forget = onEvent("bge-js:run", ({ work, outcome }) => seen.push([work, outcome]));
    await model.embed([{ text: "a" }]);
    forget();
    expect(seen).toEqual([["prompt", "ok"]]);
    expect(await model.embed([])).toEqual([]);
  });

  test("a disposed model ends its calls", async () => {
    const other = await load({ threads: 1 });
    const running = caught(other.embed(side("document").map(toInput)));
    await other.dispose();
    expect(await running).toMatchObject({ code: "DISPOSED" });
  });

  const copied = () => {
    const folder = folderOf();
    cpSync(fixture(name), folder, { recursive: true });
    return folder;
  };
  const edited = (file: string, change: (json: Record<string, unknown>) => object) => {
    const folder = copied();
    const path = join(folder, file);
    const json = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify({ ...json, ...change(json) }));
    return folder;
  };

  test("its parts are told apart, and both have a place in the fingerprint", async () => {
    const without = copied();
    rmSync(join(without, "onnx", "vision_model.onnx"));
    expect(await caught(loadMultimodalEmbedder(without))).toMatchObject({
      code: "MODEL_NOT_FOUND",
      message: expect.stringContaining("vision_model.onnx"),
    });
    for (const [from, to] of [
      ["vision", "language"],
      ["language", "vision"],
    ]) {
      const swapped = copied();
      cpSync(join(swapped, "onnx", `${from}_model.onnx`), join(swapped, "onnx", `${to}_model.onnx`));
      expect(await caught(loadMultimodalEmbedder(swapped))).toMatchObject({ code: "MODEL_MISMATCH" });
    }
    expect(resolveModel(fixture(name)).source.fingerprint).not.toBe(model.source.fingerprint);
    expect(await caught(loadEmbedder(fixture(name)))).toMatchObject({
      code: "MODEL_MISMATCH",
      message: expect.stringContaining("loadMultimodalEmbedder"),
    });
  });

  test("what would change a number is refused", async () => {
    const refused = async (folder: string, code: string, part: string) =>
      expect(await caught(loadMultimodalEmbedder(folder))).toMatchObject({
        code,
        message: expect.stringContaining(part),
      });
    await refused(
      edited("preprocessor_config.json", () => ({ resample: 2 })),
      "UNSUPPORTED_MODEL",
      "resample",
    );
    await refused(
      edited("config.json", ({ vision_config: vision }) => ({
        vision_config: { ...(vision as object), patch_size: 13 },
      })),
      "MODEL_CORRUPT",
      "patch_size",
    );
    await refused(
      edited("bge.json", ({ vision }) => ({
        vision: { ...(vision as object), imageToken: "<none>", image: "<none>", both: "<none>{text}" },
      })),
      "MODEL_MISMATCH",
      "no token <none>",
    );
    await refused(
      edited("bge.json", ({ vision }) => ({ vision: { ...(vision as object), query: "no place" } })),
      "MODEL_CORRUPT",
      "vision",
    );
  });

  if (golden.native !== undefined) {
    test("pictures that are not stretched: other grids, and padding", async () => {
      const folder = edited("bge.json", ({ vision }) => {
        const { stretch: _square, ...rest } = vision as { stretch: number };
        return { vision: rest };
      });
      await using other = await loadMultimodalEmbedder(folder);
      agrees(golden.native!, await other.embed(golden.native!.map(toInput)));
    });

    test("a picture that is far too tall or wide to be stretched is refused, and loses nothing of the others", async () => {
      const sides = [
        [1, 6_000_000],
        [12_000_000, 1],
      ] as const;
      const long = sides.map(([width, height]) => ({
        image: { data: new Uint8Array(width * height), width, height, channels: 1 as const },
      }));
      const error = await caught(model.embed([{ text: "a" }, ...long]));
      expect(error).toMatchObject({ code: "INVALID_INPUT", indices: [1, 2] });
      expect(error.message).toContain("its longer side is too long");
      expect(error.completed?.map((vector) => vector !== undefined)).toEqual([true, false, false]);
    });

    test("maxScaledPixels does not apply", async () => {
      expect(await caught(load({ maxScaledPixels: 40_000 }))).toMatchObject({
        code: "INVALID_OPTION",
        parameter: "maxScaledPixels",
      });
    });
  }

  if (golden.scaled !== undefined) {
    test("pictures are scaled to a lower limit on request", async () => {
      const { maxScaledPixels, cases } = golden.scaled!;
      await using other = await load({ maxScaledPixels });
      agrees(cases, await other.embed(cases.map(toInput)));
    });
  }
});
