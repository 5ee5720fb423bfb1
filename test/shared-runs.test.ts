import { BgeError, type BgeEvents, type Embedder, type EmbedderOptions, loadEmbedder, onEvent } from "@bge-js/core";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { largestDifference } from "./support/golden.js";
import { fixture } from "./support/models.js";
import { texts, words } from "./support/texts.js";
import { type LiveWorker, live, onPost, type Posted } from "./support/workers.js";

/** Texts of different callers that run through the graph together. */
const loaded: { dispose(): Promise<void> }[] = [];
afterEach(async () => {
  onPost.clear();
  await Promise.all(loaded.splice(0).map((one) => one.dispose()));
  expect(live.size).toBe(0);
});
async function embedder(
  options: EmbedderOptions = {},
  batching: "alone" | "equal-length" | "padded" = "padded",
): Promise<Embedder> {
  const model = await loadEmbedder(
    { directory: fixture("tiny-bert-cls"), batching },
    { truncation: "silent", threads: 1, workers: 1, ...options },
  );
  loaded.push(model);
  return model;
}

/** The rows of each run that is sent to a worker. */
function watchRuns() {
  const runs: number[] = [];
  onPost.add(({ type, rows }) => {
    if (type === "run") runs.push(rows!.lengths.length);
    return false;
  });
  return runs;
}
const short = (count: number) => Array.from({ length: count }, (_, i) => words(3 + (i % 9), i + 1));
const codeOf = (outcome: PromiseSettledResult<unknown>) =>
  outcome.status === "fulfilled" ? "ok" : outcome.reason instanceof BgeError ? outcome.reason.code : outcome.reason;

/** Kills the worker that gets a run or a text with this token or word. */
function poison(isPoison: (message: Posted) => boolean) {
  const killed = { count: 0 };
  onPost.add((message, worker: LiveWorker) => {
    if (!isPoison(message)) return false;
    killed.count++;
    void worker.kill();
    return true;
  });
  return killed;
}

describe("callers of a text each", () => {
  test.each(["embedQuery", "embedDocuments"] as const)(
    "share runs, and get what they get alone: %s",
    async (method) => {
      const model = await embedder();
      const some = [...short(60), ...texts(40)];
      const ask = async (text: string) => {
        const result = await (method === "embedQuery" ? model.embedQuery(text) : model.embedDocuments([text]));
        return result instanceof Float32Array ? result : result[0]!;
      };
      const alone: Float32Array[] = [];
      for (const text of some) alone.push(await ask(text));
      const runs = watchRuns();
      const together = await Promise.all(some.map(ask));
      for (const [i, vector] of together.entries()) {
        expect(largestDifference(vector, alone[i]!), `text ${i}`).toBeLessThan(1e-5);
        // Nobody holds the others' numbers.
        expect(vector.buffer.byteLength).toBe(vector.byteLength);
      }
      expect(Math.max(...runs)).toBeGreaterThan(3);
      expect(runs.length).toBeLessThan(some.length / 2);
    },
  );

  test("share runs of one length where the model demands it, and none where each text runs alone", async () => {
    const equal = await embedder({}, "equal-length");
    const lengths: number[][] = [];
    onPost.add(({ type, rows }) => {
      if (type === "run") lengths.push([...rows!.lengths]);
      return false;
    });
    await Promise.all(short(60).map((text) => equal.embedQuery(text)));
    expect(Math.max(...lengths.map((run) => run.length))).toBeGreaterThan(1);
    for (const run of lengths) expect(new Set(run).size).toBe(1);
    onPost.clear();
    const alone = await embedder({}, "alone");
    const runs = watchRuns();
    await Promise.all(short(20).map((text) => alone.embedQuery(text)));
    expect(runs).toEqual([]);
  });

  test.each(["bge-small-en-v1.5", "bge-small-zh-v1.5"])("get the same bits from the packaged %s", async (name) => {
    const model = await loadEmbedder(name, { truncation: "silent", threads: 1, workers: 1 });
    loaded.push(model);
    const some = short(40);
    const alone: Float32Array[] = [];
    for (const text of some) alone.push(await model.embedQuery(text));
    const runs = watchRuns();
    const together = await Promise.all(some.map((text) => model.embedQuery(text)));
    for (const [i, vector] of together.entries()) expect(vector, `text ${i}`).toEqual(alone[i]);
    expect(Math.max(...runs)).toBeGreaterThan(1);
  });

  test("divide the work among idle workers", async () => {
    const model = await embedder({ threads: 2, workers: 2 });
    // Both are up.
    await model.embedDocuments(short(300));
    const runs = watchRuns();
    await Promise.all(short(64).map((text) => model.embedQuery(text)));
    expect(runs.length).toBeGreaterThan(1);
  });

  test("of which one aborts: the others get their vectors, and its text is not run", async () => {
    const model = await embedder();
    const some = short(30);
    const expected = await model.embedDocuments(some);
    const controller = new AbortController();
    const { signal } = controller;
    const calls = Promise.allSettled(
      some.map((text, i) => model.embedDocuments([text], i % 3 === 0 ? { signal } : {})),
    );
    const runs = watchRuns();
    controller.abort("enough");
    for (const [i, outcome] of (await calls).entries()) {
      expect(codeOf(outcome)).toBe(i % 3 === 0 ? "enough" : "ok");
      if (outcome.status === "rejected") continue;
      expect(largestDifference(outcome.value[0]!, expected[i]!)).toBeLessThan(1e-5);
    }
    expect(runs.reduce((sum, rows) => sum + rows, 0)).toBeLessThanOrEqual(20);
  });

  test("with one text that kills its worker: only its call fails", async () => {
    const model = await embedder();
    const some = short(24);
    const [id] = [...(await tokensOf(model, "zebra"))];
    const killed = poison(({ type, rows, texts, text }) =>
      type === "run" ? rows!.ids.includes(id!) : [text, ...(texts ?? [])].includes("never"),
    );
    const outcomes = await Promise.allSettled([...some, `${some[5]} zebra`].map((text) => model.embedQuery(text)));
    expect(outcomes.slice(0, -1).map(codeOf)).toEqual(some.map(() => "ok"));
    expect(codeOf(outcomes.at(-1)!)).toBe("WORKER_LOST");
    // Once with others, once alone.
    expect(killed.count).toBe(2);
    expect(await model.embedQuery("still there?")).toHaveLength(48);
  });

  test("with one text over the limit: only its call is refused, and it is not run", async () => {
    const model = await embedder({ truncation: "error", maxTokens: 200 });
    const some = short(20);
    const long = words(300, 1);
    const tokens = await model.countTokens(long, { inputType: "query" });
    const alone = await model.embedQuery(long).catch((error: unknown) => error);
    const runs = watchRuns();
    const outcomes = await Promise.allSettled([...some, long].map((text) => model.embedQuery(text)));
    expect(outcomes.slice(0, -1).map(codeOf)).toEqual(some.map(() => "ok"));
    const { reason } = outcomes.at(-1) as PromiseRejectedResult;
    expect(reason).toMatchObject({ code: "INPUT_TOO_LONG", indices: [0] });
    expect(reason.message).toBe((alone as BgeError).message);
    expect(reason.message).toContain(`The query has ${tokens} tokens`);
    expect(runs.reduce((sum, rows) => sum + rows, 0)).toBeLessThanOrEqual(20);
  });

  test("leave out callers of another kind: queries go before documents still", async () => {
    const model = await embedder();
    const order: string[] = [];
    const documents = short(200).map((text) => model.embedDocuments([text]).then(() => order.push("document")));
    await new Promise((resolve) => setTimeout(resolve, 1));
    const query = model.embedQuery("a query").then(() => order.push("query"));
    await Promise.all([...documents, query]);
    expect(order.indexOf("query")).toBeLessThan(150);
  });

  test("are told of the run once, and each of its own part", async () => {
    const model = await embedder();
    const runs: BgeEvents["bge-js:run"][] = [];
    onTestFinished(onEvent("bge-js:run", (event) => void (event.work === "run" && runs.push(event))));
    await Promise.all(short(40).map((text) => model.embedQuery(text)));
    const sum = (read: (run: BgeEvents["bge-js:run"]) => number) => runs.reduce((total, run) => total + read(run), 0);
    expect(sum(({ batchInputs = 0 }) => batchInputs)).toBe(sum(({ inputs }) => inputs));
    expect(sum(({ batchTokens = 0 }) => batchTokens)).toBe(sum(({ tokens }) => tokens));
    expect(Math.max(...runs.map(({ batchInputs = 0 }) => batchInputs))).toBeGreaterThan(3);
  });
});

async function tokensOf(model: Embedder, word: string): Promise<Int32Array> {
  let ids = new Int32Array();
  const listen = (message: Posted) => {
    if (message.type === "run") ids = message.rows!.ids.slice();
    return false;
  };
  onPost.add(listen);
  // Two, so that they are encoded before they run.
  await model.embedDocuments([word, word]);
  onPost.delete(listen);
  return ids.slice(1, 2);
}
