import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Worker } from "node:worker_threads";
import { BgeError, loadEmbedder, loadReranker } from "@bge-js/core";
import { afterEach, describe, expect, test } from "vitest";
import { containerCpus } from "../packages/core/dist/engine/thread-plan.js";
import { words } from "./support/texts.js";

const execute = promisify(execFile);
const long = Array.from({ length: 60 }, (_, i) => words(300, i + 1));

/** Every worker thread that was started; Node tells of each. */
const workers: Worker[] = [];
process.on("worker", (worker) => {
  workers.push(worker);
  worker.once("exit", () => workers.splice(workers.indexOf(worker), 1));
});
const disposables: { dispose(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(disposables.splice(0).map((one) => one.dispose()));
});
async function embedder(options = {}) {
  const loaded = await loadEmbedder(undefined, { truncation: "silent", ...options });
  disposables.push(loaded);
  return loaded;
}
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe("a lost worker", () => {
  test("loses its own batch alone, and is replaced", async () => {
    const model = await embedder({ threads: 2, workers: 2 });
    const failure = (await model
      .embedDocuments(long, {
        onProgress: ({ completed }) => {
          if (completed === 10) void workers[0]!.terminate();
        },
      })
      .catch((error: unknown) => error)) as BgeError;
    expect(failure).toBeInstanceOf(BgeError);
    expect(failure.code).toBe("WORKER_LOST");
    // A batch holds 512 tokens, so one of these texts: that one is lost, and the error carries all others.
    expect(failure.indices).toHaveLength(1);
    expect(failure.completed?.filter((vector) => vector === undefined)).toHaveLength(1);
    for (let i = 0; i < 100; i++) expect(await model.embedQuery(`query ${i}`)).toHaveLength(384);
    expect(workers.length).toBeGreaterThanOrEqual(1);
  });

  test("terminated in the middle of a run, again and again, never takes the process with it", async () => {
    const model = await embedder();
    for (let i = 0; i < 8; i++) {
      // A worker stands: one that dies before would be started again.
      await model.embedQuery("ready?");
      const call = model.embedDocuments([words(400, i), words(400, i + 1), words(400, i + 2)]);
      const outcome = expect(call).rejects.toMatchObject({ code: "WORKER_LOST" });
      await new Promise((resolve) => setTimeout(resolve, 5 * i));
      await Promise.all([...workers].map((worker) => worker.terminate()));
      await outcome;
    }
    expect(await model.embedQuery("still there?")).toHaveLength(384);
  });

  test("a call after all workers were lost starts new ones", async () => {
    const model = await embedder();
    await Promise.all([...workers].map((worker) => worker.terminate()));
    expect(await model.embedQuery("still there?")).toHaveLength(384);
  });
});

describe("abort", () => {
  test("rejects with the signal's reason at once, drops what is queued, and leaves the model usable", async () => {
    const model = await embedder();
    const controller = new AbortController();
    let completed = 0;
    const call = model.embedDocuments(long, {
      signal: controller.signal,
      onProgress: (progress) => {
        completed = progress.completed;
        if (completed === 3) controller.abort(new Error("the client went away"));
      },
    });
    await expect(call).rejects.toThrow("the client went away");
    const [vector] = await model.embedDocuments(["another"]);
    expect(vector).toHaveLength(384);
    // What was running may end unseen; nothing else of the aborted call runs.
    expect(completed).toBeLessThanOrEqual(3 + workers.length);
    await expect(model.embedQuery("x", { signal: AbortSignal.abort("before") })).rejects.toBe("before");
  });

  test("a stream ends with the signal's reason, and closes its source", async () => {
    const model = await embedder();
    const controller = new AbortController();
    let closed = false;
    async function* source() {
      try {
        for (let i = 0; ; i++) yield `text ${i}`;
      } finally {
        closed = true;
      }
    }
    const seen: Float32Array[] = [];
    const reading = (async () => {
      for await (const vector of model.embedStream(source(), { signal: controller.signal })) {
        seen.push(vector);
        if (seen.length === 5) controller.abort();
      }
    })();
    await expect(reading).rejects.toHaveProperty("name", "AbortError");
    await until(() => closed);
    expect(seen).toHaveLength(5);
  });
});

describe("dispose", () => {
  test("ends the workers, rejects what is under way, and may be called again", async () => {
    const model = await loadEmbedder(undefined, { truncation: "silent" });
    const running = model.embedDocuments(long);
    const outcome = expect(running).rejects.toMatchObject({ name: "BgeError", code: "DISPOSED" });
    await model.dispose();
    await outcome;
    await model.dispose();
    expect(workers).toHaveLength(0);
    await expect(model.embedQuery("x")).rejects.toMatchObject({ code: "DISPOSED" });
    await expect(model.countTokens("x")).rejects.toMatchObject({ code: "DISPOSED" });
  });

  test("of one user leaves the others of the same files alone, who share one engine", async () => {
    const model = await embedder();
    const before = workers.length;
    const reranker = await loadReranker("BAAI/bge-small-en-v1.5");
    expect(workers).toHaveLength(before);
    await reranker.dispose();
    await expect(reranker.score("q", ["d"])).rejects.toMatchObject({ code: "DISPOSED" });
    expect(await model.embedQuery("x")).toHaveLength(384);
  });

  test("frees the memory: thirty rounds of load and dispose", async () => {
    const round = async () => {
      const model = await loadEmbedder();
      await model.embedDocuments(["some text", "another text"]);
      await model.dispose();
    };
    for (let i = 0; i < 5; i++) await round();
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 30; i++) await round();
    // A leak of one copy of the weights a round would be 1 GB.
    expect(process.memoryUsage.rss() - before).toBeLessThan(300e6);
    expect(workers).toHaveLength(0);
  });
});

describe("the process", () => {
  const run = (program: string) =>
    execute(process.execPath, ["--input-type=module", "-e", program], { cwd: process.cwd(), timeout: 60_000 });

  test("ends by itself with code 0 when a program embeds and never disposes", async () => {
    const { stdout } = await run(`
      import { loadEmbedder, loadReranker } from "@bge-js/core";
      const embedder = await loadEmbedder();
      const vectors = await embedder.embedDocuments(["one", "two", "three"]);
      const reranker = await loadReranker();
      console.log(vectors.length, (await reranker.rerank("one", ["two", "one"]))[0].index);
    `);
    expect(stdout.trim()).toBe("3 1");
  });

  test.each([
    ["process.exit(7)", 7],
    ["throw new Error('uncaught')", 1],
  ])("%s in the middle of a run ends it with its own code", async (ending, code) => {
    const program = `
      import { loadEmbedder } from "@bge-js/core";
      const embedder = await loadEmbedder(undefined, { truncation: "silent" });
      embedder.embedDocuments(Array.from({ length: 100 }, () => "word ".repeat(600))).catch(() => {});
      setTimeout(() => { ${ending}; }, 250);
    `;
    const error = (await run(program).catch((failure: unknown) => failure)) as {
      code: number;
      signal: string | null;
      stderr: string;
    };
    expect(error).toMatchObject({ code, signal: null });
    expect(error.stderr).not.toContain("terminate called");
  });

  test("may be ended at any moment of a load", async () => {
    for (let ms = 0; ms <= 240; ms += 20) {
      const program = `
        import { loadEmbedder } from "@bge-js/core";
        setTimeout(() => process.exit(7), ${ms});
        await loadEmbedder();
        setInterval(() => {}, 1000);
      `;
      const error = await run(program).catch((failure: unknown) => failure);
      expect(error).toMatchObject({ code: 7, signal: null, stderr: "" });
    }
  });

  // With one processor there is no such thread.
  test.skipIf(containerCpus() === 1)(
    "loads a model as well when the thread that warms up is ended at once",
    async () => {
      const { stdout } = await run(`
      import { loadEmbedder } from "@bge-js/core";
      const ended = new Promise((resolve) => process.once("worker", (first) => resolve(first.terminate())));
      const embedder = await loadEmbedder();
      await ended;
      console.log((await embedder.embedQuery("x")).length);
    `);
      expect(stdout.trim()).toBe("384");
    },
  );

  test("does not end while a call is under way, even if nothing else keeps it", async () => {
    const { stdout } = await run(`
      import { loadEmbedder } from "@bge-js/core";
      loadEmbedder().then((embedder) => embedder.embedQuery("x")).then((vector) => console.log(vector.length));
    `);
    expect(stdout.trim()).toBe("384");
  });
});
