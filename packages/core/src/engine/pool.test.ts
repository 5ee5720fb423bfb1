import { execFile } from "node:child_process";
import { copyFileSync, cpSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Worker } from "node:worker_threads";
// The built package: a worker cannot start from TypeScript.
import { BgeError, type LoadOptions, loadEmbedder, loadReranker } from "@bge-js/core";
import { afterEach, describe, expect, test } from "vitest";
import { folderOf } from "../../../../test/support/folders.js";
import { fixture } from "../../../../test/support/models.js";

const execute = promisify(execFile);
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `text number ${i}`);
const long = (count: number) => Array.from({ length: count }, (_, i) => `word ${i} `.repeat(60));
const tick = () => new Promise((resolve) => setTimeout(resolve, 5));

/** All live worker threads, which Node announces. */
const workers = new Set<Worker>();
process.on("worker", (worker) => {
  workers.add(worker);
  worker.once("exit", () => workers.delete(worker));
});
const killAll = () => Promise.all([...workers].map((worker) => worker.terminate()));

const loaded: { dispose(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(loaded.splice(0).map((one) => one.dispose()));
  expect(workers.size).toBe(0);
});
async function embedder(name: string, options: LoadOptions & { batching?: "alone" | "padded" } = {}) {
  const { batching = "padded", ...rest } = options;
  const model = await loadEmbedder(
    { directory: fixture(name), batching },
    { truncation: "silent", threads: 2, ...rest },
  );
  loaded.push(model);
  return model;
}

/** A copy of a tiny model whose graph can be damaged and repaired. */
function breakable(name = "tiny-bert-cls") {
  const directory = folderOf();
  cpSync(fixture(name), directory, { recursive: true });
  const graph = join(directory, "onnx", "model.onnx");
  return {
    directory,
    damage: () => writeFileSync(graph, "no graph"),
    mend: () => copyFileSync(join(fixture(name), "onnx", "model.onnx"), graph),
  };
}

test("another worker is started for documents that wait, and for short queries only when they wait again and again", async () => {
  const asked = await embedder("tiny-bert-cls");
  const pair = () => Promise.all([asked.embedQuery("one"), asked.embedQuery("two")]);
  await pair();
  await pair();
  const warmed = workers.size;
  for (let i = 0; i < 20; i++) await pair();
  expect(workers.size).toBe(warmed + 1);
  const filled = await embedder("tiny-bert-mean", { batching: "alone" });
  const before = workers.size;
  await filled.embedDocuments(["one", "two"]);
  expect(workers.size).toBe(before + 1);
});

describe("two models at once", () => {
  test("share the threads: a request to one does not wait for the end of the other's bulk work", async () => {
    const [bulk, other] = [await embedder("tiny-bert-cls", { batching: "alone" }), await embedder("tiny-bert-mean")];
    // All workers of both models are up before it begins.
    for (const model of [bulk, other]) await model.embedDocuments(long(300));
    let completed = 0;
    const total = 2000;
    const controller = new AbortController();
    const { signal } = controller;
    const onProgress = (progress: { completed: number }) => {
      completed = progress.completed;
    };
    const outcome = expect(bulk.embedDocuments(long(total), { onProgress, signal })).rejects.toBe("enough");
    while (completed < 20) await tick();
    await other.embedQuery("a query");
    await other.embedDocuments(["a document"]);
    expect(completed).toBeLessThan(total / 2);
    controller.abort("enough");
    await outcome;
  });

  test("get the threads they wait for, even if one ahead of them was aborted or disposed", async () => {
    // The first takes all threads for one run; the others wait.
    const first = await embedder("tiny-bert-cls", { threads: availableParallelism(), workers: 1 });
    const [second, third] = [
      await embedder("tiny-bert-mean", { threads: 1 }),
      await embedder("tiny-xlmr-cls", { threads: 1 }),
    ];
    const text = "word ".repeat(2000);
    for (let round = 0; round < 5; round++) {
      const controller = new AbortController();
      const running = first.embedQuery(text);
      const aborted = second.embedQuery(text, { signal: controller.signal });
      const waiting = third.embedQuery(text);
      await new Promise((resolve) => setImmediate(resolve));
      controller.abort("enough");
      await expect(aborted).rejects.toBe("enough");
      expect([(await running).length, (await waiting).length]).toEqual([48, 32]);
    }
    const running = first.embedQuery(text);
    const outcome = expect(second.embedQuery(text)).rejects.toMatchObject({ code: "DISPOSED" });
    const waiting = third.embedQuery(text);
    await new Promise((resolve) => setImmediate(resolve));
    await second.dispose();
    await outcome;
    expect([(await running).length, (await waiting).length]).toEqual([48, 32]);
  });
});

describe("a worker that dies", () => {
  test("in a stream with `skip` costs only its texts", async () => {
    const model = await embedder("tiny-bert-cls", { workers: 1, threads: 1 });
    const codes: string[] = [];
    let vectors = 0;
    let texts = 0;
    const onSkip = (error: BgeError) => codes.push(error.code);
    for await (const vector of model.embedStream(long(600), { onError: "skip", onSkip })) {
      if (++texts === 10) void killAll();
      if (vector !== undefined) vectors++;
    }
    expect(texts).toBe(600);
    expect(vectors + codes.length).toBe(600);
    expect(new Set(codes)).toEqual(new Set(["WORKER_LOST"]));
    expect(vectors).toBeGreaterThan(200);
  });

  test("while it tokenizes is an error that names the texts", async () => {
    const model = await embedder("tiny-bert-cls", { workers: 1, threads: 1 });
    const call = model.embedDocuments(long(300));
    const outcome = call.catch((error: unknown) => error);
    // Encoding comes first.
    await killAll();
    const failure = (await outcome) as BgeError;
    expect(failure).toBeInstanceOf(BgeError);
    expect(failure.code).toBe("WORKER_LOST");
    expect(failure.indices?.length).toBeGreaterThan(0);
    expect(failure.completed).toHaveLength(300);
    expect(await model.embedDocuments(numbered(3))).toHaveLength(3);
  });

  test("and cannot be replaced: waiting calls are told why, and calls after the repair succeed", async () => {
    const { directory, damage, mend } = breakable();
    const model = await loadEmbedder(directory, { threads: 1 });
    loaded.push(model);
    damage();
    await killAll();
    const calls = await Promise.allSettled([
      model.embedQuery("x"),
      model.embedDocuments(["x", "y"]),
      model.countTokens("x"),
    ]);
    for (const call of calls) {
      expect(call).toMatchObject({ status: "rejected", reason: { name: "BgeError", code: "MODEL_CORRUPT" } });
    }
    mend();
    expect(await model.embedQuery("x")).toHaveLength(48);
  });

  test("at its start: all pending loads reject, and the next load tries again", async () => {
    const { directory, damage, mend } = breakable();
    damage();
    const loads = await Promise.allSettled([loadEmbedder(directory), loadEmbedder(directory), loadEmbedder(directory)]);
    for (const load of loads) {
      expect(load).toMatchObject({ status: "rejected", reason: { name: "BgeError", code: "MODEL_CORRUPT" } });
    }
    mend();
    const model = await loadEmbedder(directory, { threads: 1 });
    loaded.push(model);
    expect(await model.embedQuery("x")).toHaveLength(48);
  });

  test("from outside, before it is ready: the load rejects", async () => {
    const load = loadEmbedder(fixture("tiny-bert-cls"), { threads: 1 });
    const outcome = expect(load).rejects.toMatchObject({ code: "WORKER_LOST" });
    while (workers.size === 0) await new Promise((resolve) => setImmediate(resolve));
    await killAll();
    await outcome;
  });
});

describe("facts that the files contradict", () => {
  test.each([
    ["a width", { dimensions: 47 }],
    ["an output", { output: "pooler" }],
    ["an architecture", { architecture: "xlm-roberta" as const }],
  ])("%s: the load rejects, and leaves no worker", async (_, fact) => {
    const load = loadEmbedder({ directory: fixture("tiny-bert-cls"), ...fact }, { threads: 1 });
    await expect(load).rejects.toMatchObject({ name: "BgeError", code: "MODEL_MISMATCH" });
    await tick();
    expect(workers.size).toBe(0);
  });

  test("a reranker is not an embedder, and an embedder is a reranker only on request", async () => {
    await expect(loadEmbedder(fixture("tiny-bert-reranker"))).rejects.toMatchObject({ code: "MODEL_MISMATCH" });
    await expect(loadReranker(fixture("tiny-bert-cls"))).rejects.toMatchObject({ code: "MODEL_MISMATCH" });
    await expect(loadEmbedder("bge-reranker-base")).rejects.toMatchObject({ code: "MODEL_MISMATCH" });
    const reranker = await loadReranker({ directory: fixture("tiny-bert-cls"), lateInteraction: true }, { threads: 1 });
    loaded.push(reranker);
    expect(reranker.scale).toBe("cosine");
  });
});

describe("dispose", () => {
  test("of one of two users rejects that user's work, and the other's continues", async () => {
    const [one, two] = [await embedder("tiny-bert-cls"), await embedder("tiny-bert-cls")];
    expect(workers.size).toBe(1);
    const [ended, goesOn] = [one.embedDocuments(long(300)), two.embedDocuments(long(300))];
    const outcome = expect(ended).rejects.toMatchObject({ code: "DISPOSED" });
    await one.dispose();
    await one.dispose();
    await outcome;
    expect(await goesOn).toHaveLength(300);
    expect(await two.embedQuery("x")).toHaveLength(48);
  });

  test("of one user while another loads the same files leaves the second a working model", async () => {
    const one = await embedder("tiny-bert-cls");
    const loading = embedder("tiny-bert-cls");
    await one.dispose();
    expect(await (await loading).embedQuery("x")).toHaveLength(48);
  });

  test("followed by an immediate load leaves a working model, however often, in any order", async () => {
    const round = async (i: number) => {
      const model = await loadEmbedder(fixture("tiny-bert-cls"), { threads: 2 });
      const call = i % 2 === 0 ? model.embedDocuments(numbered(40)) : Promise.resolve();
      const outcome = call.catch((error: unknown) => error);
      if (i % 3 === 0) await outcome;
      await model.dispose();
      const result = await outcome;
      if (result instanceof BgeError) expect(result.code).toBe("DISPOSED");
    };
    await Promise.all(Array.from({ length: 12 }, (_, i) => round(i)));
    expect(workers.size).toBe(0);
    const model = await embedder("tiny-bert-cls");
    expect(await model.embedQuery("x")).toHaveLength(48);
  });

  test("while a worker starts, and while workers are busy, leaves none", async () => {
    for (const texts of [numbered(2), numbered(300)]) {
      const model = await embedder("tiny-bert-cls", { batching: "alone" });
      // The work itself starts the second worker.
      const outcome = model.embedDocuments(texts).catch((error: unknown) => error);
      await new Promise((resolve) => setImmediate(resolve));
      await model.dispose();
      expect(await outcome).toMatchObject({ code: "DISPOSED" });
      expect(workers.size).toBe(0);
    }
  });

  test("of a model whose workers have all died", async () => {
    const model = await embedder("tiny-bert-cls");
    await killAll();
    await model.dispose();
    await expect(model.embedQuery("x")).rejects.toMatchObject({ code: "DISPOSED" });
  });

  test("is awaited to its end by a program that does nothing else, even while a worker starts", async () => {
    const { stdout } = await execute(process.execPath, [
      "--input-type=module",
      "-e",
      `import { loadEmbedder } from "@bge-js/core";
       const model = await loadEmbedder({ directory: ${JSON.stringify(fixture("tiny-bert-cls"))}, batching: "alone" }, { threads: 2 });
       await model.embedDocuments(["one", "two"]);
       await model.dispose();
       console.log("disposed");`,
    ]);
    expect(stdout.trim()).toBe("disposed");
  });
});

test("an aborted call drops its queued work, and others are served at once", async () => {
  const model = await embedder("tiny-bert-cls", { workers: 1, threads: 1, batching: "alone" });
  const controller = new AbortController();
  const calls = Array.from({ length: 20 }, () => model.embedDocuments(long(250), { signal: controller.signal }));
  let after = 0;
  for (const call of calls) call.catch(() => after++);
  controller.abort("enough");
  expect(await model.embedDocuments(["x"])).toHaveLength(1);
  expect(after).toBe(20);
});
