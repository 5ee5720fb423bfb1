import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folderOf } from "../../../../test/support/folders.js";
import { fixture } from "../../../../test/support/models.js";
import { live, until } from "../../../../test/support/workers.js";
// Built files: neither a thread nor a process starts from TypeScript on Node 20.
import { startProcess, startThread, watched } from "../../dist/engine/workers.js";
import type { FromWorker, Head, Work, WorkerStart } from "../protocol.js";

const HEAD: Head = { type: "vector", output: "last_hidden_state", pooling: "cls", dimensions: 48 };
const SINGLE = { form: "single", maxTokens: 512 } as const;
const work = (text: string): Work => ({ type: "encode-and-run", text, encoding: SINGLE, heads: [HEAD] });

function startOf(directory: string): WorkerStart {
  const file = join(directory, "onnx", "model.onnx");
  const reads = ["last_hidden_state"];
  const model = { directory, file, optimized: false, architecture: "bert", padding: "right", reads } as const;
  return { ...model, device: "cpu", threads: 1, loneThreads: 1 };
}

function opened(starter: typeof startThread, directory = fixture("tiny-bert-cls")) {
  const messages: FromWorker[] = [];
  const ends: string[] = [];
  let late = 0;
  const worker = starter(startOf(directory), {
    onMessage(message) {
      if (ends.length > 0) late++;
      messages.push(message);
    },
    onEnd: (how) => ends.push(how),
  });
  return { worker, messages, ends, late: () => late };
}

describe.each([
  ["thread", startThread],
  ["process", startProcess],
])("a worker in a %s", (_, starter) => {
  test("reports the model, answers in order with arrays that own their buffers, and ends when closed", async () => {
    const { worker, messages, ends, late } = opened(starter);
    const texts = ["one", "two words", "three words here", "one"];
    // Including what is sent before it is ready.
    for (const text of texts) worker.send(work(text));
    worker.send({ type: "encode", texts, encoding: SINGLE });
    worker.send({ type: "close" });
    await until(() => ends.length > 0);
    expect(messages[0]).toMatchObject({
      type: "ready",
      info: { probe: { tokens: 3, shapes: { last_hidden_state: [1, 3, 48] } }, frame: { single: 2, pair: 3 } },
    });
    const results = messages.slice(1).map((message) => (message.type === "done" ? message.result : undefined));
    expect(results).toHaveLength(5);
    const vectors = results.slice(0, 4).map((result) => (result as { data: Float32Array }).data);
    for (const vector of vectors) {
      expect(vector).toHaveLength(48);
      expect(vector.buffer.byteLength).toBe(48 * 4);
    }
    expect(vectors[3]).toEqual(vectors[0]);
    expect(results.slice(0, 4)).toMatchObject([{ kept: 3 }, { kept: 7 }, { kept: 8 }, { kept: 3 }]);
    expect(results[4]).toMatchObject({ totals: Int32Array.from([3, 7, 8, 3]) });
    expect([ends, late()]).toEqual([["exit code 0"], 0]);
  });

  test("that cannot open the model reports why, and ends", async () => {
    const directory = folderOf();
    cpSync(fixture("tiny-bert-cls"), directory, { recursive: true });
    writeFileSync(join(directory, "onnx", "model.onnx"), "no graph");
    const { messages, ends } = opened(starter, directory);
    await until(() => ends.length > 0);
    expect(messages).toMatchObject([{ type: "cannot-start", code: "MODEL_CORRUPT" }]);
  });

  test("that dies while working reports its end once, and tolerates later messages", async () => {
    const { worker, messages, ends, late } = opened(starter);
    await until(() => messages.length > 0);
    for (let i = 0; i < 50; i++) worker.send(work("word ".repeat(500)));
    await until(() => messages.length > 3);
    await Promise.all([...live].map((one) => one.kill()));
    await until(() => ends.length > 0);
    worker.send(work("nobody reads this"));
    worker.hold(true);
    worker.hold(false);
    const answered = messages.length;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(answered).toBeLessThan(51);
    expect([messages.length, ends.length, late()]).toEqual([answered, 1, 0]);
    expect(live.size).toBe(0);
  });

  test("that dies before it is ready reports its end", async () => {
    const { messages, ends } = opened(starter);
    // Node announces a thread a little later.
    await until(() => live.size > 0);
    await Promise.all([...live].map((one) => one.kill()));
    await until(() => ends.length > 0);
    expect(messages).toEqual([]);
  });
});

test("a process that the system does not start says so and ends, once", async () => {
  const { execPath } = process;
  const told: unknown[] = [];
  const listener = (event: unknown) => told.push(event);
  subscribe("bge-js:worker", listener);
  try {
    process.execPath = join(folderOf(), "no-node");
    const about = { model: "tiny", dtype: "fp32", device: "cpu" } as const;
    const { messages, ends } = opened(watched(() => ({ isolation: "process", starter: startProcess }), about));
    await until(() => ends.length > 0);
    // Longer than the event `close` takes.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const message = expect.stringMatching(/^A worker could not be started \(.*ENOENT\)\.$/);
    expect(messages).toEqual([{ type: "cannot-start", code: "WORKER_LOST", message }]);
    expect(ends).toHaveLength(1);
    expect(told).toMatchObject([{ state: "started" }, { state: "failed", reason: message }]);
  } finally {
    process.execPath = execPath;
    unsubscribe("bge-js:worker", listener);
  }
});
