import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import {
  type BgeEvents,
  type Embedder,
  type EmbedderOptions,
  loadEmbedder,
  loadReranker,
  onEvent,
  type Reranker,
} from "@bge-js/core";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { onEvent as onSourceEvent } from "../packages/core/src/api/events.js";
import { startTinyHub } from "./support/hub/tiny-hub.js";
import { hasLoopback } from "./support/loopback.js";
import { fixture } from "./support/models.js";
import { ISOLATIONS, killAll, live, onPost } from "./support/workers.js";

// The package takes its clock as it is loaded.
const clock = vi.hoisted(() => vi.spyOn(performance, "now"));

type Name = keyof BgeEvents;
const NAMES = ["call-start", "call", "run", "worker", "load", "device", "canary", "truncate", "download"].map(
  (name) => `bge-js:${name}` as Name,
);

const loaded: { dispose(): Promise<void> }[] = [];
afterEach(async () => {
  onPost.clear();
  await Promise.all(loaded.splice(0).map((one) => one.dispose()));
  expect(live.size).toBe(0);
});
async function embedder(options: EmbedderOptions = {}, name = "tiny-bert-cls"): Promise<Embedder> {
  const model = await loadEmbedder(fixture(name), { truncation: "silent", threads: 1, ...options });
  loaded.push(model);
  return model;
}
async function reranker(name: string): Promise<Reranker> {
  const model = await loadReranker(fixture(name), { truncation: "silent", threads: 1 });
  loaded.push(model);
  return model;
}

/** Every event of these channels while the test runs, with its channel. */
function record(names: readonly Name[] = NAMES) {
  const seen: (readonly [Name, BgeEvents[Name]])[] = [];
  for (const name of names) onTestFinished(onEvent(name, (event) => seen.push([name, event])));
  return {
    seen,
    of: <N extends Name>(name: N) => seen.filter(([of]) => of === name).map(([, event]) => event as BgeEvents[N]),
  };
}

const MODEL = { model: "tiny-bert-cls", dtype: "fp32", device: "cpu" };
const number = expect.any(Number);

describe("a call", () => {
  test("has a start, its runs, and an end that sums them up", async () => {
    const model = await embedder({ maxTokens: 8 });
    const { seen, of } = record();
    await model.embedDocuments(["a", "a b", "a b c d e f g h i j k l"]);
    expect(seen.map(([name]) => name)).toEqual([
      "bge-js:call-start",
      // One encoding, then a run for each length.
      "bge-js:run",
      "bge-js:run",
      "bge-js:run",
      "bge-js:run",
      "bge-js:truncate",
      "bge-js:call",
    ]);
    const [begun, ended, [encode, ...runs]] = [of("bge-js:call-start")[0]!, of("bge-js:call")[0]!, of("bge-js:run")];
    const { call } = begun;
    expect(begun).toEqual({ call, ...MODEL, method: "embedDocuments", startedAt: number });
    expect(encode).toMatchObject({ call, ...MODEL, work: "encode", outcome: "ok", inputs: 3, runMs: 0 });
    const lengths = await model.countTokens(["a", "a b"]);
    const tokens = lengths[0]! + lengths[1]! + 8;
    expect(runs.reduce((sum, run) => sum + run.tokens, 0)).toBe(tokens);
    for (const run of runs) {
      expect(run).toMatchObject({ call, ...MODEL, work: "run", outcome: "ok", tokenizeMs: 0 });
      expect(run.runMs).toBeGreaterThan(0);
      expect(run.durationMs).toBeGreaterThanOrEqual(run.queueMs + run.runMs + run.postprocessMs);
    }
    expect(ended).toMatchObject({
      call,
      ...MODEL,
      method: "embedDocuments",
      outcome: "ok",
      inputs: 3,
      truncated: 1,
      tokens,
      runs: runs.length,
      runMs: runs.reduce((sum, run) => sum + run.runMs, 0),
      queueMs: Math.max(encode!.queueMs, ...runs.map((run) => run.queueMs)),
      startedAt: begun.startedAt,
    });
    expect(Math.abs(begun.startedAt - Date.now())).toBeLessThan(60_000);
    expect(of("bge-js:truncate")).toEqual([
      { model: "tiny-bert-cls", index: 2, inputType: "document", tokens: number, kept: 8 },
    ]);
  });

  test("counts the padding of its batches", async () => {
    const model = await embedder();
    const { of } = record();
    // 9 and 10 tokens share a run of fp32.
    const texts = ["a b c d e f g", "a b c d e f g h"];
    const [short, long] = await model.countTokens(texts);
    await model.embedDocuments(texts);
    expect(of("bge-js:run").filter(({ work }) => work === "run")).toEqual([
      expect.objectContaining({ inputs: 2, tokens: short! + long!, paddedTokens: long! - short! }),
    ]);
  });

  test("is told of by every method, with its name and its inputs", async () => {
    const [model, m3] = [await embedder(), await embedder({ outputs: ["sparse"] }, "tiny-m3")];
    const [cross, hybrid] = [await reranker("tiny-bert-reranker"), await reranker("tiny-m3")];
    const { of } = record();
    await model.embedQuery("x");
    await model.embedDocuments([]);
    await model.embed(["x", "y"], { inputType: "document" });
    await model.embedTokens(["x"], { inputType: "query" });
    await model.countTokens(["x", "y", "z"]);
    const [page] = await m3.embed(["x y"], { inputType: "document", outputs: ["sparse"] });
    await m3.lexicalWeights(page!.sparse);
    await cross.score("q", ["x", "y"]);
    await cross.rerank("q", ["x"]);
    await hybrid.score("q", ["x"]);
    for await (const _ of model.embedStream(["x", "y", "z"]));
    const calls = of("bge-js:call");
    expect(calls.map(({ method, inputs, model }) => [method, inputs, model])).toEqual([
      ["embedQuery", 1, "tiny-bert-cls"],
      ["embedDocuments", 0, "tiny-bert-cls"],
      ["embed", 2, "tiny-bert-cls"],
      ["embedTokens", 1, "tiny-bert-cls"],
      ["countTokens", 3, "tiny-bert-cls"],
      ["embed", 1, "BAAI/bge-m3"],
      ["lexicalWeights", 1, "BAAI/bge-m3"],
      ["score", 2, "tiny-bert-reranker"],
      ["rerank", 1, "tiny-bert-reranker"],
      ["score", 1, "BAAI/bge-m3"],
      ["embedStream", 3, "tiny-bert-cls"],
    ]);
    expect(calls.every(({ outcome, truncated }) => outcome === "ok" && truncated === 0)).toBe(true);
    expect(new Set(calls.map(({ call }) => call)).size).toBe(calls.length);
    expect(of("bge-js:call-start").map(({ call }) => call)).toEqual(calls.map(({ call }) => call));
  });

  test("says how it ended", async () => {
    const model = await embedder();
    const { of } = record(["bge-js:call"]);
    const controller = new AbortController();
    const bulk = Array.from({ length: 400 }, (_, i) => `word ${i} `.repeat(40));
    const aborted = model.embedDocuments(bulk, { signal: controller.signal });
    controller.abort();
    const late = model.embedDocuments(bulk, { deadlineMs: 1 });
    const broken = model.embedDocuments(["x"], {
      onProgress() {
        throw new Error("the caller's own");
      },
    });
    for (const call of [aborted, late, broken]) await call.catch(() => {});
    for await (const _ of model.embedStream(["x", "y", "z"])) break;
    const stream = model.embedStream(["x", 3 as unknown as string]);
    await expect(drain(stream)).rejects.toThrow();
    expect(of("bge-js:call").map(({ method, outcome }) => [method, outcome])).toEqual([
      ["embedDocuments", "aborted"],
      ["embedDocuments", "DEADLINE_EXCEEDED"],
      ["embedDocuments", "failed"],
      ["embedStream", "ok"],
      ["embedStream", "INVALID_INPUT"],
    ]);
  });

  test("that was refused has no runs", async () => {
    const model = await embedder({ maxQueuedTokens: 1 });
    const { of } = record();
    // The first goes to the worker at once; the second waits; the third finds it waiting.
    const calls = ["x", "y", "z"].map((text) => model.embedDocuments([text]).catch(() => {}));
    await Promise.all(calls);
    const refused = of("bge-js:call").filter(({ outcome }) => outcome === "OVERLOADED");
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({ runs: 0, tokens: 0, queueMs: 0 });
    expect(of("bge-js:run").filter(({ call }) => call === refused[0]!.call)).toEqual([]);
  });
});

async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

describe.each(ISOLATIONS)("workers in a %s", (isolation) => {
  test("tell of their lives, losses and replacements", async () => {
    const { of } = record(["bge-js:worker", "bge-js:run"]);
    const model = await embedder({ isolation });
    await killAll();
    await model.embedQuery("x");
    let poisoned = true;
    onPost.add((_, worker) => {
      if (!poisoned) return false;
      poisoned = false;
      void worker.kill();
      return true;
    });
    await expect(model.embedQuery("y")).rejects.toMatchObject({ code: "WORKER_LOST" });
    await model.dispose();
    expect(of("bge-js:worker").map(({ state, replacement }) => [state, replacement])).toEqual([
      ["started", false],
      ["ready", false],
      ["lost", false],
      ["started", true],
      ["ready", true],
      ["lost", true],
    ]);
    for (const event of of("bge-js:worker")) {
      expect(event).toMatchObject({ ...MODEL, isolation, ageMs: number });
      expect("reason" in event).toBe(event.state === "lost");
    }
    expect(of("bge-js:run").map(({ outcome }) => outcome)).toEqual(["ok", "WORKER_LOST"]);
  });

  test("that are told to end say so; those that cannot start say why", async () => {
    const { of } = record(["bge-js:worker"]);
    await (await embedder({ isolation })).dispose();
    await expect(
      loadEmbedder({ directory: fixture("tiny-bert-cls"), architecture: "xlm-roberta" }, { isolation, threads: 1 }),
    ).rejects.toMatchObject({ code: "MODEL_MISMATCH" });
    expect(of("bge-js:worker").map(({ state }) => state)).toEqual(["started", "ready", "ended", "started", "failed"]);
    expect(of("bge-js:worker").at(-1)!.reason).toMatch(/token/);
  });
});

test("a load says what was loaded, or how it failed", async () => {
  const { of } = record(["bge-js:load"]);
  await embedder();
  await loadEmbedder(fixture("tiny-bert-cls"), { outputs: ["sparse"] }).catch(() => {});
  const [ok, failed] = of("bge-js:load");
  expect(ok).toEqual({ ...MODEL, from: "directory", outcome: "ok", startedAt: number, durationMs: number });
  expect(failed).toMatchObject({ ...MODEL, outcome: "MODEL_MISMATCH" });
});

describe.skipIf(!hasLoopback)("a download", () => {
  test("tells of each file, once it is there or has failed", async () => {
    const hub = await startTinyHub();
    const events: BgeEvents["bge-js:download"][] = [];
    // The double of the hub works on the sources, not on the built package.
    onTestFinished(onSourceEvent("bge-js:download", (event) => events.push(event)));
    hub.faulty({ status: 403 }, 100);
    await hub.failure();
    const failed = events.filter(({ outcome }) => outcome !== "ok");
    expect(failed).toEqual([
      expect.objectContaining({
        model: "someone/tiny",
        commit: hub.main,
        file: "onnx/model.onnx",
        outcome: "ACCESS_DENIED",
      }),
    ]);
    hub.faulty({ status: 500 }, 1);
    const { files, bytes } = await hub.download();
    const done = events.filter(({ outcome }) => outcome === "ok");
    expect(done.map(({ file }) => file).sort()).toEqual([...files].sort());
    expect(done.reduce((sum, event) => sum + event.bytes, 0)).toBe(bytes);
  });
});

test("no event holds a text, a list or a vector", async () => {
  const { seen } = record();
  const model = await embedder({ maxTokens: 16, workers: 1 });
  const secret = "xyzzysecret";
  await model.embedQuery(secret);
  await model.embedDocuments([secret, `${secret} `.repeat(50)]);
  await model.embedTokens([secret], { inputType: "document" });
  const cross = await reranker("tiny-bert-reranker");
  await cross.rerank(secret, [secret, `${secret} again`]);
  await model.embedDocuments([secret], { deadlineMs: 0 }).catch(() => {});
  await model.embedDocuments([secret, 3 as unknown as string]).catch(() => {});
  for await (const _ of model.embedStream([secret, 3 as unknown as string], { onError: "skip" }));
  expect(new Set(seen.map(([name]) => name)).size).toBeGreaterThanOrEqual(6);
  for (const [, event] of seen) {
    for (const value of Object.values(event)) expect(["string", "number", "boolean"]).toContain(typeof value);
    expect(JSON.stringify(event)).not.toMatch(/xyzzy/i);
  }
});

describe("while nobody listens", () => {
  /** What observing costs, in counts: clocks read here, clocks read in workers (asked for by `timed`), events. */
  async function costOf(work: () => Promise<unknown>) {
    const timed: unknown[] = [];
    onPost.add((message) => {
      if ("timed" in message) timed.push(message);
      return false;
    });
    clock.mockClear();
    const published = NAMES.map((name) => vi.spyOn(channel(name), "publish"));
    try {
      await work();
      return {
        clocks: clock.mock.calls.length,
        timed: timed.length,
        events: published.reduce((sum, spy) => sum + spy.mock.calls.length, 0),
      };
    } finally {
      for (const spy of published) spy.mockRestore();
    }
  }

  test("a call reads no clock, asks workers for no times and makes no event", async () => {
    const model = await embedder({ maxTokens: 16 });
    const cross = await reranker("tiny-bert-reranker");
    const work = async () => {
      await model.embedQuery("x");
      await model.embedDocuments(Array.from({ length: 300 }, (_, i) => `text ${i} `.repeat(i % 9)));
      for await (const _ of model.embedStream(["x", "y"]));
      await cross.rerank("q", ["x", "y"]);
    };
    await work();
    expect(await costOf(work)).toEqual({ clocks: 0, timed: 0, events: 0 });
    // The same is seen where somebody does.
    record();
    const seen = await costOf(work);
    expect(seen.clocks).toBeGreaterThan(50);
    expect(seen.timed).toBeGreaterThan(10);
    expect(seen.events).toBeGreaterThan(10);
  });

  test("one who has left costs nothing any more", async () => {
    const model = await embedder();
    const stop = onEvent("bge-js:call", () => {});
    await model.embedQuery("x");
    stop();
    expect(await costOf(() => model.embedQuery("x"))).toEqual({ clocks: 0, timed: 0, events: 0 });
  });
});

test("observing changes no number", async () => {
  const model = await embedder();
  const texts = Array.from({ length: 50 }, (_, i) => `text ${i} `.repeat(1 + (i % 7)));
  const before = await model.embedDocuments(texts);
  record();
  expect(await model.embedDocuments(texts)).toEqual(before);
});

test("Node's own subscribe gets the same events", async () => {
  const model = await embedder();
  const seen: unknown[] = [];
  const listener = (event: unknown, name: string | symbol) => void seen.push([name, event]);
  subscribe("bge-js:call", listener);
  onTestFinished(() => void unsubscribe("bge-js:call", listener));
  await model.embedQuery("x");
  expect(seen).toEqual([["bge-js:call", expect.objectContaining({ method: "embedQuery", outcome: "ok" })]]);
});
