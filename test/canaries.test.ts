import { copyFileSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type BgeEvents,
  type Embedder,
  type EmbedderOptions,
  loadEmbedder,
  loadReranker,
  onEvent,
  type RerankerOptions,
} from "@bge-js/core";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { addFiles, folderOf } from "./support/folders.js";
import { fixture } from "./support/models.js";
import { live } from "./support/workers.js";

const PACKAGES = ["bge-small-en-v1.5", "bge-small-zh-v1.5"];
const packaged = (name: string) => join(import.meta.dirname, "..", "packages", `model-${name}`, "model");

const loaded: { dispose(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(loaded.splice(0).map((one) => one.dispose()));
  expect(live.size).toBe(0);
});
async function load(directory: string, options: EmbedderOptions = {}): Promise<Embedder> {
  const model = await loadEmbedder({ directory }, { threads: 1, ...options });
  loaded.push(model);
  return model;
}

/** What the check finds while the test runs, and the warnings of the process. */
function watch() {
  const events: BgeEvents["bge-js:canary"][] = [];
  const warnings: (Error & { code?: string })[] = [];
  onTestFinished(onEvent("bge-js:canary", (event) => events.push(event)));
  const warn = (warning: Error) => warnings.push(warning);
  process.on("warning", warn);
  onTestFinished(() => void process.off("warning", warn));
  return { events, warnings };
}

/** float16 bits of numbers from -1 to 1, rounded; what is too small for its normal numbers becomes 0. */
function toFloat16(values: Float32Array): string {
  const bits = Uint16Array.from(values, (value) => {
    const exponent = Math.floor(Math.log2(Math.abs(value) || 2 ** -20));
    if (exponent < -14) return 0;
    const magnitude = ((exponent + 15) << 10) + Math.round((Math.abs(value) / 2 ** exponent - 1) * 1024);
    return (value < 0 ? 0x8000 : 0) | magnitude;
  });
  return Buffer.from(bits.buffer).toString("base64");
}

/** The vector at this cosine from `vector`. */
function turned(vector: Float32Array, cosine: number): Float32Array {
  const other = vector.map((_, i) => (i % 2 === 0 ? 1 : -1));
  const along = other.reduce((sum, value, i) => sum + value * vector[i]!, 0);
  const across = other.map((value, i) => value - along * vector[i]!);
  const length = Math.hypot(...across);
  return vector.map((value, i) => cosine * value + Math.sqrt(1 - cosine ** 2) * (across[i]! / length));
}

const TEXTS = ["cat", "how to cook rice", "x = x + 1"];

/** A tiny model with canaries at these cosines from what it gives. */
async function withCanaries(cosines: readonly number[], change: object = {}): Promise<string> {
  const directory = folderOf();
  cpSync(fixture("tiny-bert-cls"), directory, { recursive: true });
  const model = await loadEmbedder({ directory }, { threads: 1 });
  const vectors = await model.embedDocuments(TEXTS);
  await model.dispose();
  const texts = TEXTS.map((text, i) => ({ text, vector: toFloat16(turned(vectors[i]!, cosines[i]!)) }));
  addFiles(directory, { "canaries.json": { pooling: "cls", encoding: "float16", texts, ...change } });
  return directory;
}

test.each(PACKAGES)("%s computes here as its canaries demand", async (name) => {
  const { events, warnings } = watch();
  await load(packaged(name));
  expect(warnings).toEqual([]);
  expect(events).toEqual([
    expect.objectContaining({ model: `BAAI/${name}`, dtype: "int8", device: "cpu", verdict: "pass", texts: 4 }),
  ]);
  expect(events[0]!.worst).toBeGreaterThan(0.998);
  expect(events[0]!.expected).toBeGreaterThan(0.998);
});

test("the cross-encoder's package computes here as its canaries demand", async () => {
  const { events, warnings } = watch();
  loaded.push(await loadReranker("bge-js/reranker-small-en", { threads: 1 }));
  expect(warnings).toEqual([]);
  expect(events).toEqual([expect.objectContaining({ model: "bge-js/reranker-small-en", verdict: "pass", texts: 6 })]);
  expect(events[0]!.worst).toBeGreaterThan(0.998);
  expect(events[0]!.expected).toBeGreaterThan(0.998);
});

test.each(PACKAGES)("%s with weights that were changed is refused", async (name) => {
  const directory = folderOf();
  for (const file of ["tokenizer.json", "tokenizer_config.json", "bge.json", "canaries.json"]) {
    symlinkSync(join(packaged(name), file), join(directory, file));
  }
  const graph = "onnx/model_quantized.onnx";
  const data = `${graph}_data`;
  const weights = readFileSync(join(packaged(name), data));
  // The first of the weights are the int8 rows of the word table.
  for (let at = 0; at < 10 << 20; at++) weights[at] = weights[at]! ^ 0x40;
  mkdirSync(join(directory, "onnx"));
  copyFileSync(join(packaged(name), graph), join(directory, graph));
  writeFileSync(join(directory, data), weights);
  const { events } = watch();
  await expect(load(directory)).rejects.toMatchObject({ code: "UNSUPPORTED_PLATFORM", parameter: "dtype" });
  expect(events).toEqual([expect.objectContaining({ verdict: "refuse" })]);
  expect(events[0]!.worst).toBeLessThan(0.98);
});

describe("a folder with canaries", () => {
  test("that agree is loaded in silence, and is checked once in a process", async () => {
    const directory = await withCanaries([1, 1, 1]);
    const { events, warnings } = watch();
    await load(directory);
    await load(directory, { isolation: "process" });
    loaded.push(await loadReranker({ directory, lateInteraction: true }, { threads: 1 }));
    expect(events).toEqual([expect.objectContaining({ verdict: "pass", texts: 3 })]);
    expect(events[0]!.worst).toBeGreaterThan(0.99999);
    expect(events[0]).not.toHaveProperty("expected");
    expect(warnings).toEqual([]);
  });

  test("under 0.995 warns, once, and says what was measured where it was built", async () => {
    const directory = await withCanaries([1, 0.9945, 1]);
    const file = join(directory, "canaries.json");
    const content = JSON.parse(readFileSync(file, "utf8")) as { texts: object[] };
    content.texts[1] = { ...content.texts[1], cosine: { fp32: 0.99991 } };
    writeFileSync(file, JSON.stringify(content));
    const { events, warnings } = watch();
    await load(directory);
    await load(directory);
    await new Promise(setImmediate);
    expect(events).toEqual([expect.objectContaining({ verdict: "warn", expected: 0.99991 })]);
    expect(events[0]!.worst).toBeCloseTo(0.9945, 4);
    expect(warnings).toEqual([expect.objectContaining({ name: "BgeWarning", code: "BGE_CANARY" })]);
    expect(warnings[0]!.message).toMatch(/0\.9945.*0\.9999 where the file was built.*another machine/);
  });

  test("at 0.9955 does not warn, and at 0.9805 does not refuse", async () => {
    const { events } = watch();
    await load(await withCanaries([1, 0.9955, 1]));
    await load(await withCanaries([1, 1, 0.9805]));
    expect(events.map(({ verdict }) => verdict)).toEqual(["pass", "warn"]);
  });

  test("under 0.98 is refused, each time, by both loaders; no worker is left", async () => {
    const directory = await withCanaries([0.9795, 1, 1]);
    const { events } = watch();
    const failure = (await load(directory).catch((error: unknown) => error)) as Error;
    expect(failure).toMatchObject({ code: "UNSUPPORTED_PLATFORM", parameter: "dtype" });
    expect(failure.message).toMatch(/cosine 0\.979.*another dtype.*canaries: false/s);
    await expect(load(directory)).rejects.toMatchObject({ code: "UNSUPPORTED_PLATFORM" });
    await expect(loadReranker({ directory, lateInteraction: true }, { threads: 1 })).rejects.toMatchObject({
      code: "UNSUPPORTED_PLATFORM",
    });
    expect(events).toHaveLength(1);
    expect(live.size).toBe(0);
  });

  test("is loaded unseen with `canaries: false`", async () => {
    const directory = await withCanaries([0.5, 0.5, 0.5]);
    const { events, warnings } = watch();
    const model = await load(directory, { canaries: false });
    expect(await model.embedQuery("x")).toHaveLength(48);
    expect([events, warnings]).toEqual([[], []]);
  });

  test("is compared as its canaries were made, whatever facts the user gives", async () => {
    // Other canaries than those above, which this process has checked.
    const directory = await withCanaries([0.9999, 1, 1]);
    const { events } = watch();
    loaded.push(
      await loadEmbedder(
        { directory, pooling: "mean", queryInstruction: "find: " },
        { threads: 1, dimensions: 8, maxTokens: 16 },
      ),
    );
    expect(events).toEqual([expect.objectContaining({ verdict: "pass" })]);
  });

  test("starts no worker beyond the first", async () => {
    const directory = await withCanaries([1, 0.9999, 1]);
    await load(directory, { threads: 2, workers: 2 });
    expect(live.size).toBe(1);
  });
});

describe("a cross-encoder's folder with canaries", () => {
  const PAIRS = [
    { query: "what is a cat?", document: "a small animal" },
    { query: "rice", document: "how to cook rice" },
    { query: "x", document: "y = y + 1" },
  ];

  /** A tiny cross-encoder whose canaries are its own logits plus these. */
  async function withPairs(added: readonly number[]): Promise<string> {
    const directory = folderOf();
    cpSync(fixture("tiny-bert-reranker"), directory, { recursive: true });
    const model = await loadReranker({ directory }, { threads: 1 });
    const logits = await Promise.all(PAIRS.map(({ query, document }) => model.score(query, [document])));
    await model.dispose();
    const pairs = PAIRS.map((pair, i) => ({ ...pair, logit: logits[i]![0]! + added[i]! }));
    addFiles(directory, { "canaries.json": { pairs, cosine: { fp32: 0.9999 } } });
    return directory;
  }
  const open = async (directory: string, options: RerankerOptions = {}) =>
    loaded.push(await loadReranker({ directory }, { threads: 1, ...options }));

  test("that agree is loaded in silence, and is checked once in a process", async () => {
    const directory = await withPairs([0, 0, 0]);
    const { events, warnings } = watch();
    await open(directory);
    await open(directory, { scale: "sigmoid", maxTokens: 64 });
    expect(events).toEqual([expect.objectContaining({ verdict: "pass", texts: 3, expected: 0.9999 })]);
    expect(events[0]!.worst).toBeGreaterThan(0.99999);
    expect(warnings).toEqual([]);
  });

  test("with other logits is refused, unless it is not asked", async () => {
    const directory = await withPairs([30, -20, 10]);
    const { events } = watch();
    const failure = (await open(directory).catch((error: unknown) => error)) as Error;
    expect(failure).toMatchObject({ code: "UNSUPPORTED_PLATFORM", parameter: "dtype" });
    expect(failure.message).toMatch(/fp32 logits: cosine -?0\.\d+ over its test pairs, 0\.9999.*canaries: false/s);
    expect(events).toEqual([expect.objectContaining({ verdict: "refuse" })]);
    expect(live.size).toBe(0);
    await open(directory, { canaries: false });
    expect(events).toHaveLength(1);
  });
});

test("a folder without canaries is not checked", async () => {
  const { events } = watch();
  await load(fixture("tiny-bert-cls"));
  expect(events).toEqual([]);
});
