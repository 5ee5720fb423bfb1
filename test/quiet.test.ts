import { describe, expect, test } from "vitest";
import { hasStrace, type RunOptions, runInEmptySurroundings } from "./support/empty-surroundings.js";
import { fixture } from "./support/models.js";
import { ISOLATIONS } from "./support/workers.js";

/** What a dependency does behind our promises: files, network, standard error, environment, signals. */
const tiny = JSON.stringify({ directory: fixture("tiny-bert-cls"), batching: "alone" });
const core = JSON.stringify(import.meta.resolve("@bge-js/core"));
const retriever = JSON.stringify(import.meta.resolve("@bge-js/retriever"));
const linux = process.platform === "linux";
/** ONNX Runtime's telemetry is of Linux and macOS. */
const reporting = process.platform !== "win32";

/** Runs a module. */
const run = (source: string, options?: RunOptions) =>
  runInEmptySurroundings(["--input-type=module", "-e", source], options);
const NOTHING = { err: "", code: 0, files: [], network: [] };

/** What a program can change in its process, beside its environment; `before` is as it was. */
const STATE = `
  import { readFileSync } from "node:fs";
  const state = () => JSON.stringify({
    listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
    signals: ${linux} && readFileSync("/proc/self/status", "utf8").match(/^Sig(Blk|Ign|Cgt):.*$/gm),
    open: process.getActiveResourcesInfo().sort(),
    mask: process.umask(),
    folder: process.cwd(),
    stack: [Error.stackTraceLimit, String(Error.prepareStackTrace)],
  });
  console.log("");
  await new Promise((resolve) => setTimeout(resolve, 50));
  const before = state();
`;

const once = (isolation: string, more = "") => `
  import { loadEmbedder } from ${core};
  const options = { truncation: "silent", threads: 2, workers: 2, isolation: "${isolation}" };
  const model = await loadEmbedder(${tiny}, options);
  await model.embedDocuments(["one", "two", "three"]);
  ${more}
  await model.dispose();
  const again = await loadEmbedder(${tiny}, options);
  console.log((await again.embedQuery("x")).length);
`;

describe("an index in a directory", () => {
  const index = `
    import { loadEmbedder } from ${core};
    import { loadRetriever } from ${retriever};
    const embedder = await loadEmbedder(${tiny}, { truncation: "silent" });
    const load = (readOnly) => loadRetriever({ embedder, reranker: false, directory: "index", readOnly });
    const writer = await load(false);
    await writer.add(["one", "two"]);
    await writer.remove(["#0"]);
    const reader = await load(true);
    console.log((await reader.search("two")).results.length);
  `;
  const dispose = "await Promise.all([writer.dispose(), reader.dispose()]);";

  test("leaves its own files and no other, and says nothing", async () => {
    const files = ["cwd/index/data.mdb", "cwd/index/lock.mdb"];
    expect(await run(index + dispose, { traced: hasStrace })).toEqual({ ...NOTHING, out: ["1"], files });
  });

  test("does not keep a program that never disposes it", async () => {
    expect(await run(index)).toMatchObject({ err: "", code: 0, out: ["1"] });
  });

  test("takes no signal, and keeps nothing open once it is disposed", async () => {
    const { out } = await run(`
      ${STATE}
      ${index}
      ${dispose}
      await embedder.dispose();
      await new Promise((resolve) => setTimeout(resolve, 50));
      console.log(state() === before ? "same" : before + state());
    `);
    expect(out).toEqual(["1", "same"]);
  });
});

describe.each(ISOLATIONS)("a model in a %s", (isolation) => {
  test("leaves no file and says nothing, loaded twice", async () => {
    expect(await run(once(isolation))).toEqual({ ...NOTHING, out: ["48"] });
  });

  test("warns of nothing where there is no home", async () => {
    expect(await run(once(isolation), { env: { HOME: "", USER: "", LOGNAME: "" } })).toEqual({
      ...NOTHING,
      out: ["48"],
    });
  });

  test.skipIf(!reporting)("leaves ONNX Runtime as the user has set it", async () => {
    // Nothing gets out, should it try.
    const env = { ORT_DISABLE_TELEMETRY: "0", https_proxy: "http://127.0.0.1:9" };
    const { files, out } = await run(once(isolation, "console.log(process.env.ORT_DISABLE_TELEMETRY);"), { env });
    expect(out).toEqual(["0", "48"]);
    // Which shows that these tests would see it.
    expect(files).toContainEqual(expect.stringContaining(".onnxruntime/"));
  });

  test("leaves the program's environment as it was", async () => {
    const { out } = await run(`
      const before = JSON.stringify(process.env);
      ${once(isolation, "const { ORT_DISABLE_TELEMETRY, ...others } = process.env; console.log(ORT_DISABLE_TELEMETRY, JSON.stringify(others) === before);")}
      await again.dispose();
      await new Promise((resolve) => setTimeout(resolve, 50));
      console.log(JSON.stringify(process.env) === before);
    `);
    const set = isolation === "thread" && reporting ? "1" : "undefined";
    expect(out).toEqual([`${set} true`, "48", "true"]);
  });

  test("takes no signal, and keeps nothing open once it is disposed", async () => {
    const { out } = await run(`
      ${STATE}
      ${once(isolation)}
      await again.dispose();
      await new Promise((resolve) => setTimeout(resolve, 50));
      console.log(state() === before ? "same" : before + state());
    `);
    expect(out).toEqual(["48", "same"]);
  });
});

test("the trial of a device leaves no file and says nothing", async () => {
  const trial = new URL("../packages/core/dist/engine/device-trial.js", import.meta.url).href;
  const program = `import { tryDevice } from "${trial}"; console.log(await tryDevice("cpu"));`;
  expect(await run(program)).toEqual({ ...NOTHING, out: ["undefined"] });
});

/** With what it imports of its framework. */
const ADAPTERS = {
  langchain: `
    const { BgeEmbeddings, BgeRetriever } = await import(adapter);
    const embeddings = new BgeEmbeddings(tiny);
    await embeddings.embedDocuments(["a"]);
    const retriever = new BgeRetriever({ embedder: tiny, reranker: false });
    await retriever.addDocuments([{ pageContent: "a b", metadata: {} }]);
    console.log((await retriever.invoke("a")).length);
  `,
  llamaindex: `
    const { BgeEmbedding, BgeRetriever } = await import(adapter);
    const { Document } = await import(${JSON.stringify(import.meta.resolve("@llamaindex/core/schema"))});
    const embeddings = new BgeEmbedding(tiny);
    await embeddings.getTextEmbeddings(["a"]);
    const retriever = new BgeRetriever({ embedder: tiny, reranker: false });
    await retriever.insertNodes([new Document({ text: "a b" })]);
    console.log((await retriever.retrieve("a")).length);
  `,
  "ai-sdk": `
    const { createBge } = await import(adapter);
    const { embed } = await import(${JSON.stringify(import.meta.resolve("ai"))});
    const embeddings = createBge();
    const retriever = createBge(); // disposed without having loaded anything
    const { embedding } = await embed({ model: embeddings.embeddingModel(tiny), value: "a" });
    console.log(embedding.length - 47);
  `,
};

test.each(Object.entries(ADAPTERS))(
  "the adapter for %s, and its framework, change and leave nothing",
  async (name, use) => {
    const program = `
    ${STATE}
    const environment = JSON.stringify(process.env);
    const adapter = ${JSON.stringify(import.meta.resolve(`@bge-js/${name}`))};
    const tiny = ${tiny};
    ${use}
    await embeddings.dispose();
    await retriever.dispose();
    await new Promise((resolve) => setTimeout(resolve, 50));
    console.log(state() === before && JSON.stringify(process.env) === environment ? "same" : before + state());
  `;
    expect(await run(program, { traced: hasStrace })).toEqual({ ...NOTHING, out: ["1", "same"] });
  },
);

describe("inside a worker thread of the user's, whose environment is a copy", () => {
  const inThread = (options: object) => `
    import { Worker } from "node:worker_threads";
    const thread = new Worker(${JSON.stringify(`
      import { parentPort } from "node:worker_threads";
      import { loadEmbedder } from ${core};
      const refused = ({ code, parameter, message }) => void parentPort.postMessage([code, parameter, message].join(" "));
      const model = await loadEmbedder(${tiny}, { threads: 1, ...${JSON.stringify(options)} }).catch(refused);
      if (model !== undefined) parentPort.postMessage((await model.embedQuery("x")).length);
      await model?.dispose();
    `)}, { eval: true, execArgv: ["--input-type=module"] });
    thread.on("message", (message) => console.log(message));
  `;

  test("a model leaves no file and says nothing", async () => {
    expect(await run(inThread({}))).toEqual({ ...NOTHING, out: ["48"] });
  });

  test.skipIf(!reporting)("a model in a thread is refused where telemetry could not be turned off", async () => {
    const refused = await run(inThread({ isolation: "thread" }));
    expect(refused).toEqual({
      ...NOTHING,
      out: [expect.stringContaining("INVALID_OPTION isolation isolation cannot be")],
    });
    expect(refused.out[0]).toContain("ORT_DISABLE_TELEMETRY=1");
    const set = await run(inThread({ isolation: "thread" }), { env: { ORT_DISABLE_TELEMETRY: "1" } });
    expect(set).toEqual({ ...NOTHING, out: ["48"] });
  });
});

/** Longer than ONNX Runtime waits before its first upload. */
const WAIT = "await new Promise((resolve) => setTimeout(resolve, 9000));";

test.skipIf(!hasStrace)("nothing is sent to anybody, nor is a name server asked", async () => {
  const program = `
    import { loadEmbedder } from ${core};
    const models = await Promise.all(["thread", "process"].map((isolation) => loadEmbedder(${tiny}, { isolation, threads: 1 })));
    for (const model of models) await model.embedQuery("x");
    ${WAIT}
    for (const model of models) await model.dispose();
  `;
  expect(await run(program, { traced: true })).toEqual({ ...NOTHING, out: [] });
});

test.skipIf(!hasStrace)("a connection would be seen", async () => {
  const program = `import { connect } from "node:net"; connect(9, "127.0.0.1").on("error", () => {});`;
  expect((await run(program, { traced: true })).network).toContainEqual(expect.stringContaining("connect("));
});
