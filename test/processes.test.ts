import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { folderOf } from "./support/folders.js";
import { fixture } from "./support/models.js";
import { gone, start, startFile } from "./support/programs.js";
import { ISOLATIONS, live, until } from "./support/workers.js";

const posix = process.platform !== "win32";
const tiny = JSON.stringify({ directory: fixture("tiny-bert-cls"), batching: "alone" });
const load = (isolation: string) => `
  import { loadEmbedder } from "@bge-js/core";
  const model = await loadEmbedder(${tiny}, { truncation: "silent", threads: 2, workers: 2, isolation: "${isolation}" });
`;
const busy = `
  const running = model.embedDocuments(Array.from({ length: 20000 }, () => "word ".repeat(600)));
  running.catch(() => {});
  setTimeout(() => console.log("busy"), 300);
`;

describe.each(ISOLATIONS)("a program with workers in a %s", (isolation) => {
  test("ends by itself with code 0 although it never disposes, and leaves nobody behind", async () => {
    const program = start(`${load(isolation)}
      console.log((await model.embedDocuments(["one", "two", "three"])).length, "vectors");`);
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.output.out).toContain("3 vectors");
    expect(program.workers().length > 0).toBe(isolation === "process");
    await gone(program.workers());
  });

  test("does not end while a call is under way, even if nothing else keeps it", async () => {
    const program = start(`${load(isolation)}
      setTimeout(() => model.embedDocuments(Array(50).fill("x")).then(({ length }) => console.log(length, "vectors")), 50);`);
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.output.out).toContain("50 vectors");
  });

  test.each([
    ["process.exit(7)", 7],
    ["throw new Error('uncaught')", 1],
  ])("%s in the middle of a run ends it with its own code, and leaves nobody behind", async (ending, code) => {
    const program = start(`${load(isolation)}${busy} setTimeout(() => { ${ending}; }, 250);`);
    expect(await program.ended).toEqual({ code, signal: null });
    expect(program.output.err).not.toContain("terminate called");
    await gone(program.workers());
  });

  test("may be killed in the middle of a run, and leaves nobody behind", async () => {
    const program = start(`${load(isolation)}${busy}`);
    await program.says("busy");
    program.child.kill("SIGKILL");
    await program.ended;
    await gone(program.workers());
  });

  test("keeps its own flags, preloads and watch reports from its workers", async () => {
    const program = start(`${load(isolation)} console.log((await model.embedQuery("x")).length, "wide");`, {
      flags: ["--trace-uncaught"],
      env: { NODE_OPTIONS: "--import=data:text/javascript,console.log(`preloaded`)", WATCH_REPORT_DEPENDENCIES: "1" },
    });
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.output.out).toContain("48 wide");
    expect(program.output.out.match(/preloaded/g)).toHaveLength(1);
  });

  test.skipIf(!posix)("may finish its work although an interrupt goes to the whole group", async () => {
    const program = start(
      `${load(isolation)}
       process.on("SIGINT", () => {});
       process.on("SIGTERM", () => {});
       await model.embedDocuments(["both", "workers", "stand"]);
       const all = model.embedDocuments(Array.from({ length: 600 }, () => "word ".repeat(600)));
       console.log("working");
       console.log((await all).length, "vectors");`,
      { detached: true },
    );
    await program.says("working");
    process.kill(-program.child.pid!, "SIGINT");
    process.kill(-program.child.pid!, "SIGTERM");
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.output.out).toContain("600 vectors");
  });

  test("runs under `node --watch`: starts again at every change, and leaves nobody behind", async () => {
    const folder = folderOf();
    symlinkSync(fileURLToPath(new URL("../node_modules", import.meta.url)), join(folder, "node_modules"), "junction");
    const file = join(folder, "program.mjs");
    const source = (round: number) => `${load(isolation)}
      console.log("round ${round}", (await model.embedQuery("x")).length, process.pid);
      ${round === 3 ? "" : busy}`;
    writeFileSync(file, source(1));
    const program = startFile(file, ["--watch"]);
    await program.says("round 1 48");
    for (const round of [2, 3]) {
      await program.says("busy");
      program.output.out = program.output.out.replaceAll("busy", "");
      writeFileSync(file, source(round));
      await program.says(`round ${round} 48`);
    }
    expect(program.output.err).not.toContain("terminate called");
    const pids = [...program.output.out.matchAll(/round \d 48 (\d+)/g)].map(([, pid]) => Number(pid));
    program.child.kill();
    await program.ended;
    await gone(pids);
  });
});

test("a text that needs more memory than a worker may have is named, and costs nothing else", async () => {
  const program = start(
    `import { loadEmbedder } from "@bge-js/core";
     const options = { truncation: "silent", threads: 1, retryLost: true };
     const model = await loadEmbedder({ directory: ${JSON.stringify(fixture("tiny-xlmr-cls"))}, batching: "padded" }, options);
     const texts = ["fine", "a ".repeat(5e6), "fine too"];
     const { code, indices, completed } = await model.embedDocuments(texts).catch((error) => error);
     console.log(JSON.stringify([code, indices, completed.map((vector) => vector?.length ?? 0)]));
     console.log((await model.embedQuery("x")).length);`,
    // Of a thread's heap too.
    { flags: ["--max-old-space-size=40"] },
  );
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(program.output.out.trim().split("\n")).toEqual(['["WORKER_LOST",[1],[32,0,32]]', "32"]);
}, 120_000);

test("who waits for the thread that warms up, as dispose does, keeps the process until it has ended", async () => {
  const program = start(`
    import { warmUp } from "./packages/core/dist/engine/warm-up.js";
    await warmUp()();
    console.log("ended");`);
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(program.output.out).toBe("ended\n");
});

describe("worker threads of the user's own", () => {
  const inThread = (body: string) => `
    import { Worker, isMainThread } from "node:worker_threads";
    const source = ${JSON.stringify(`
      import { parentPort } from "node:worker_threads";
      import { loadEmbedder } from "@bge-js/core";
      const model = await loadEmbedder(${tiny}, { truncation: "silent", threads: 2, workers: 2 });
      parentPort.postMessage((await model.embedQuery("x")).length);
      await model.embedDocuments(Array.from({ length: 20000 }, () => "word ".repeat(600)));
    `)};
    const startThread = () => new Worker(source, { eval: true, execArgv: ["--input-type=module"] });
    ${body}
  `;

  test("may be terminated at any moment while a model runs in them", async () => {
    const program = start(
      inThread(`
        for (let i = 0; i < 12; i++) {
          const thread = startThread();
          if (i % 4 < 3) await new Promise((resolve) => thread.once("message", resolve));
          await new Promise((resolve) => setTimeout(resolve, 13 * i));
          await thread.terminate();
        }
        console.log("still here");
      `),
    );
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.output.out).toContain("still here");
    await gone(program.workers());
  });

  test("do not turn the end of the process into an abort", async () => {
    const program = start(inThread(`startThread().once("message", () => setTimeout(() => process.exit(7), 50));`));
    expect(await program.ended).toEqual({ code: 7, signal: null });
    expect(program.output.err).toBe("");
  });
});

describe("the package more than once in a process", () => {
  test("as two copies: models in both, errors known to both, one thread budget", async () => {
    const core = dirname(fileURLToPath(import.meta.resolve("@bge-js/core/package.json")));
    const folder = folderOf();
    for (const copy of ["a", "b"]) {
      mkdirSync(join(folder, copy));
      cpSync(join(core, "dist"), join(folder, copy, "dist"), { recursive: true });
      cpSync(join(core, "package.json"), join(folder, copy, "package.json"));
      symlinkSync(join(core, "node_modules"), join(folder, copy, "node_modules"), "junction");
    }
    const [a, b] = ["a", "b"].map((copy) => JSON.stringify(pathToFileURL(join(folder, copy, "dist", "index.js")).href));
    const program = start(`
      const [a, b] = [await import(${a}), await import(${b})];
      const options = { truncation: "silent", threads: 1 };
      const models = await Promise.all([a, b, a, b].map(({ loadEmbedder }) => loadEmbedder(${tiny}, options)));
      const texts = Array.from({ length: 50 }, (_, i) => "text number " + i);
      const all = await Promise.all(models.map((model) => model.embedDocuments(texts)));
      const same = all.every((vectors) => vectors.every((vector, i) => vector.join() === all[0][i].join()));
      const error = await models[0].embedQuery(1).catch((error) => error);
      await Promise.all(models.map((model) => model.dispose()));
      const afterwards = await models[1].embedQuery("x").catch(({ code }) => code);
      console.log(a.loadEmbedder !== b.loadEmbedder, same, error instanceof b.BgeError, afterwards);
      const { threadBudget } = await import(${a!.replace("index.js", "engine/thread-budget.js")});
      const { threadBudget: other } = await import(${b!.replace("index.js", "engine/thread-budget.js")});
      console.log(threadBudget() === other());
    `);
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.output.out.trim().split("\n")).toEqual(["true true true DISPOSED", "true"]);
  });

  test("as a module that a test runner loads anew: one engine for all, and its errors are known", async () => {
    const models = [];
    const classes = new Set<unknown>();
    for (let i = 0; i < 4; i++) {
      vi.resetModules();
      const { loadEmbedder, BgeError } = await import("@bge-js/core");
      classes.add(BgeError);
      const model = await loadEmbedder(fixture("tiny-bert-cls"), { threads: 1 });
      models.push(model);
      const error: unknown = await models[0]!.embedQuery(1 as unknown as string).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(BgeError);
    }
    // The reloads were real ones.
    expect(classes.size).toBe(4);
    // The thread that warms up may take longer than the load.
    await until(() => live.size === 1);
    for (const model of models) expect(await model.embedQuery("x")).toHaveLength(48);
    await Promise.all(models.map((model) => model.dispose()));
    expect(live.size).toBe(0);
  });
});
