import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { BgeError, type Embedder, type LoadOptions, loadEmbedder, loadReranker } from "@bge-js/core";
import { afterEach, describe, expect, test } from "vitest";
import { fixture } from "./support/models.js";
import { words } from "./support/texts.js";
import { onPost } from "./support/workers.js";

const loaded: { dispose(): Promise<void> }[] = [];
afterEach(async () => {
  onPost.clear();
  await Promise.all(loaded.splice(0).map((one) => one.dispose()));
});
async function embedder(options: LoadOptions = {}, batching: "alone" | "padded" = "alone"): Promise<Embedder> {
  const model = await loadEmbedder(
    { directory: fixture("tiny-bert-cls"), batching },
    { truncation: "silent", threads: 1, ...options },
  );
  loaded.push(model);
  return model;
}
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `text number ${i}`);
const long = (count: number) => Array.from({ length: count }, (_, i) => words(300, i + 1));
const codeOf = (error: unknown) => (error instanceof BgeError ? error.code : error);

/** How many pieces of work have been sent to workers. */
function countPosts() {
  const posts = { count: 0 };
  onPost.add(() => {
    posts.count++;
    return false;
  });
  return posts;
}

describe("maxQueuedTokens", () => {
  test("refuses calls at once while so much waits, carries through what was let in, and lets calls in again", async () => {
    const model = await embedder({ maxQueuedTokens: 200 });
    const outcomes = await Promise.allSettled(numbered(500).map((text) => model.embedDocuments([text])));
    const refused = outcomes.filter(({ status }) => status === "rejected");
    expect(new Set(refused.map((one) => codeOf((one as PromiseRejectedResult).reason)))).toEqual(
      new Set(["OVERLOADED"]),
    );
    // "text number 1" counts as 5 tokens: 40 such wait while one runs.
    expect(outcomes.length - refused.length).toBe(41);
    expect(await model.embedQuery("again")).toHaveLength(48);
  });

  test("does not bound one call, however large, nor one that is alone", async () => {
    const model = await embedder({ maxQueuedTokens: 1 });
    expect(await model.embedDocuments(numbered(2000))).toHaveLength(2000);
    let count = 0;
    for await (const _ of model.embedStream(numbered(700))) count++;
    expect(count).toBe(700);
  });

  test("counts queries against queries alone: documents that wait do not keep them out", async () => {
    const model = await embedder({ maxQueuedTokens: 1000 });
    const bulk = model.embedDocuments(long(300));
    await new Promise((resolve) => setImmediate(resolve));
    await expect(model.embedDocuments(["one more"])).rejects.toMatchObject({ code: "OVERLOADED" });
    expect(await model.embedQuery("a query")).toHaveLength(48);
    expect(await bulk).toHaveLength(300);
  });

  test("refuses a whole call: a stream that skips ends, and nothing of it is run", async () => {
    const model = await embedder({ maxQueuedTokens: 10 });
    const bulk = model.embedDocuments(long(20));
    await new Promise((resolve) => setImmediate(resolve));
    const skipped: unknown[] = [];
    const reading = (async () => {
      for await (const _ of model.embedStream(numbered(600), {
        onError: "skip",
        onSkip: (error) => skipped.push(error),
      })) {
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: "OVERLOADED" });
    expect(skipped).toEqual([]);
    await expect(model.countTokens(["x"])).rejects.toMatchObject({ code: "OVERLOADED" });
    expect(await bulk).toHaveLength(20);
  });

  test("keeps the heap from growing with the number of callers", async () => {
    const model = await embedder({ maxQueuedTokens: 1000 });
    let refused = 0;
    const heap = () => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const calls: Promise<unknown>[] = [];
    const call = (i: number) => {
      const done = model.embedQuery(`query ${i} ${"x".repeat(2000)}`).catch((error: unknown) => {
        if (codeOf(error) === "OVERLOADED") refused++;
      });
      if (i % 1000 === 0) calls.push(done);
    };
    for (let i = 0; i < 2000; i++) call(i);
    await new Promise((resolve) => setImmediate(resolve));
    const before = heap();
    for (let i = 0; i < 20_000; i++) call(i);
    await new Promise((resolve) => setImmediate(resolve));
    // Unbounded, 20,000 waiting texts of 2 kB would be more than 40 MB.
    expect(heap() - before).toBeLessThan(8e6);
    await Promise.all(calls);
    expect(refused).toBeGreaterThan(21_000);
  });
});

describe("deadlineMs", () => {
  test("rejects in time with what was finished, and drops what is queued", async () => {
    const model = await embedder();
    const list = long(3000);
    let progress = 0;
    const onProgress = ({ completed }: { completed: number }) => {
      progress = completed;
    };
    const failure = (await model
      .embedDocuments(list, { deadlineMs: 300, onProgress })
      .catch((error: unknown) => error)) as BgeError;
    expect(failure).toMatchObject({ name: "BgeError", code: "DEADLINE_EXCEEDED" });
    const finished = failure.completed!.filter((vector) => vector !== undefined).length;
    expect(failure.indices).toHaveLength(3000 - finished);
    expect(finished).toBe(progress);
    expect(finished).toBeGreaterThan(0);
    const posts = countPosts();
    expect(await model.embedQuery("next")).toHaveLength(48);
    await new Promise((resolve) => setTimeout(resolve, 50));
    // That query alone.
    expect(posts.count).toBe(1);
  });

  test.each([0, -5])("of %s ms has passed before anything is run", async (deadlineMs) => {
    const [model, reranker] = [await embedder(), await loadReranker(fixture("tiny-bert-reranker"), { threads: 1 })];
    loaded.push(reranker);
    const posts = countPosts();
    const late = { code: "DEADLINE_EXCEEDED" };
    await expect(model.embedQuery("x", { deadlineMs })).rejects.toMatchObject(late);
    await expect(model.embedDocuments(["x", "y"], { deadlineMs })).rejects.toMatchObject(late);
    await expect(model.embedTokens(["x"], { deadlineMs, inputType: "query" })).rejects.toMatchObject(late);
    await expect(model.countTokens("x", { deadlineMs })).rejects.toMatchObject(late);
    await expect(model.embedStream(["x"], { deadlineMs }).next()).rejects.toMatchObject(late);
    await expect(reranker.score("x", ["y"], { deadlineMs })).rejects.toMatchObject(late);
    await expect(reranker.rerank("x", ["y"], { deadlineMs, topN: 1 })).rejects.toMatchObject(late);
    expect(posts.count).toBe(0);
  });

  test("ends a stream, also one that skips or whose source hangs, and closes the source", async () => {
    const model = await embedder();
    for (const hangs of [false, true]) {
      let closed = false;
      async function* source() {
        try {
          for (let i = 0; ; i++) {
            if (hangs && i === 3) await new Promise((resolve) => setTimeout(resolve, 1000));
            yield `text ${i}`;
          }
        } finally {
          closed = true;
        }
      }
      let seen = 0;
      const reading = (async () => {
        for await (const _ of model.embedStream(source(), { deadlineMs: 600, onError: "skip" })) seen++;
      })();
      await expect(reading).rejects.toMatchObject({ code: "DEADLINE_EXCEEDED" });
      expect(seen).toBeGreaterThanOrEqual(3);
      while (!closed) await new Promise((resolve) => setTimeout(resolve, 5));
    }
  });

  test("that is not reached changes nothing, and one that is no time is refused", async () => {
    const model = await embedder();
    const [vector] = await model.embedDocuments(["x"], { deadlineMs: 1e12 });
    expect(vector).toEqual((await model.embedDocuments(["x"]))[0]);
    for (const deadlineMs of [Number.NaN, Number.POSITIVE_INFINITY, "5" as unknown as number]) {
      await expect(model.embedQuery("x", { deadlineMs })).rejects.toMatchObject({
        code: "INVALID_OPTION",
        parameter: "deadlineMs",
      });
    }
  });
});

describe("a client that goes away", () => {
  test("costs nothing more: nothing of an aborted call is sent to a worker", async () => {
    const model = await embedder();
    const controller = new AbortController();
    const calls = Array.from({ length: 10 }, () => model.embedDocuments(long(200), { signal: controller.signal }));
    for (const call of calls) call.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 50));
    const posts = countPosts();
    controller.abort(new Error("gone"));
    expect((await Promise.allSettled(calls)).every(({ status }) => status === "rejected")).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(posts.count).toBe(0);
  });

  test("leaves a stream, and no more texts are drawn or run", async () => {
    const model = await embedder({}, "padded");
    let drawn = 0;
    function* source() {
      for (;;) yield `text ${drawn++}`;
    }
    const slow = model.embedStream(source());
    // Two windows of 256 texts ahead, and one in the making.
    for (let i = 0; i < 5; i++) {
      await slow.next();
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    expect(drawn).toBeLessThanOrEqual(3 * 256);
    for (let i = 5; i < 1024; i++) await slow.next();
    expect(drawn).toBeLessThanOrEqual(1024 + 3 * 256);
    await slow.return(undefined);
    const [at, posts] = [drawn, countPosts()];
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([drawn, posts.count]).toEqual([at, 0]);
  });
});
