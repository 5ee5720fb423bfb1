import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { BgeError, cachedModels, loadEmbedder, pullModel, resolveModel, verifyModel } from "@bge-js/core";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { folderOf } from "./support/folders.js";
import { ID, startTinyHub, tiny as tinyFiles } from "./support/hub/tiny-hub.js";
import { hasLoopback } from "./support/loopback.js";
import { fixture } from "./support/models.js";
import { start } from "./support/programs.js";

/** What a process finds around it, and may find wrong: working folder, home, temporary folder, cache, rights. */
const directory = fixture("tiny-bert-cls");
const tiny = JSON.stringify({ directory, batching: "alone" });
const posix = process.platform !== "win32";
/** Root reads and writes everything, and can become a user who does not, nor has a name or a home; a container may run as one. */
const privileged = process.getuid?.() === 0;
const NOBODY = { uid: 4711, gid: 4711 };
const become = "process.setgid(4711); process.setuid(4711);";
const canBecome =
  privileged &&
  spawnSync(process.execPath, ["-e", `fs.readdirSync(${JSON.stringify(directory)})`], NOBODY).status === 0;

test("a long text is divided alike in every language of the process", () => {
  const program = `
    import { divide } from "./packages/core/dist/text/divide.js";
    const text = "Use the first; or the second; then the third of all. ".repeat(20);
    console.log(divide(text, 17, (part) => part.match(/\\w+/g)?.length ?? 0).ranges.join());
  `;
  const rangesIn = (locale: string) =>
    spawnSync(process.execPath, ["--input-type=module", "-e", program], {
      cwd: join(import.meta.dirname, ".."),
      env: { ...process.env, LC_ALL: locale },
      encoding: "utf8",
    }).stdout;
  expect(rangesIn("en_US.UTF-8")).toMatch(/^0,\d+,/);
  expect(rangesIn("el_GR.UTF-8")).toBe(rangesIn("en_US.UTF-8"));
});

describe.skipIf(!posix)("a working folder that is gone", () => {
  /** `known`: Node remembers where it was. */
  const leave = (known: boolean) => `
    import { mkdtempSync, rmSync } from "node:fs";
    import { tmpdir } from "node:os";
    import { join } from "node:path";
    const core = await import("@bge-js/core");
    const { cachedModels, loadEmbedder, loadRetriever, onEvent, resolveModel } = core;
    const leave = () => {
      const folder = mkdtempSync(join(tmpdir(), "bge-js-"));
      process.chdir(folder);
      ${known ? "process.cwd();" : ""}
      rmSync(folder, { recursive: true });
    };
  `;

  test.each([
    [false, "{}"],
    [true, "{}"],
    [false, '{ isolation: "thread" }'],
    [false, '{ isolation: "process" }'],
    [false, '{ device: "auto" }'],
  ])("is no matter to models that are found without it (remembered: %s, %s)", async (known, options) => {
    const program = start(`${leave(known)}
      leave();
      const model = await loadEmbedder(${tiny}, { threads: 1, ...${options} });
      const embedded = await loadEmbedder(undefined, { threads: 1, ...${options} });
      console.log((await model.embedQuery("x")).length, (await embedded.embedQuery("x")).length);
      console.log(Array.isArray(await cachedModels()));
      await Promise.all([model.dispose(), embedded.dispose()]);`);
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.output.out).toContain("48 384\ntrue\n");
    expect(program.output.err).toBe("");
  });

  test("does not keep lost workers from being replaced", async () => {
    const program = start(`${leave(true)}
      import { Worker } from "node:worker_threads";
      const threads = [];
      process.on("worker", (thread) => threads.push(thread));
      const kinds = [];
      onEvent("bge-js:worker", ({ state, isolation }) => state === "ready" && kinds.push(isolation));
      const model = await loadEmbedder(${tiny}, { threads: 1 });
      leave();
      await Promise.all(threads.map((thread) => thread.terminate()));
      console.log((await model.embedQuery("x")).length, kinds.join());
      await model.dispose();`);
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.output.out).toContain("48 thread,process");
  });

  test("is what an error about a relative path speaks of", async () => {
    const program = start(`${leave(false)}
      leave();
      for (const model of ["./model", { directory: "model" }]) {
        const { name, code, parameter, message } = await loadEmbedder(model).catch((error) => error);
        console.log(name, code, parameter, message);
      }`);
    await program.ended;
    const said =
      "is a relative path, and the working folder of this process is gone. Pass an absolute path, or process.chdir()";
    expect(program.output.out).toContain(`BgeError MODEL_NOT_FOUND model ./model ${said}`);
    expect(program.output.out).toContain(`BgeError MODEL_NOT_FOUND model model ${said}`);
  });
});

describe("a user without a home", () => {
  const VARIABLES = ["HOME", "USERPROFILE", "HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"];

  test.skipIf(!posix)("with an empty HOME has the one that the system knows, not the working folder", () => {
    for (const name of VARIABLES) vi.stubEnv(name, undefined);
    onTestFinished(() => void vi.unstubAllEnvs());
    const known = homedir();
    vi.stubEnv("HOME", "");
    expect(() => resolveModel("someone/nothing")).toThrow(`no ${known}/.cache/huggingface/hub/`);
  });

  test.skipIf(!canBecome)("loads what needs none, and is told what to set for the rest", async () => {
    const program = start(`
      for (const name of ${JSON.stringify([...VARIABLES, "HF_HUB_OFFLINE"])}) delete process.env[name];
      const { loadEmbedder, cachedModels, pullModel, verifyModel } = await import("@bge-js/core");
      ${become}
      const tell = ({ name, code, parameter, message }) => console.log(name, code, parameter, message);
      const model = await loadEmbedder(undefined, { threads: 1 });
      console.log((await model.embedQuery("x")).length);
      await model.dispose();
      await loadEmbedder("someone/nothing", { download: false }).catch(tell);
      for (const one of [cachedModels, () => pullModel("someone/nothing"), () => verifyModel("someone/nothing")]) await one().catch(tell);
    `);
    expect(await program.ended).toEqual({ code: 0, signal: null });
    const [vector, missing, ...rest] = program.output.out.trim().split("\n");
    expect(vector).toBe("384");
    expect(missing).toMatch(/^BgeError MODEL_NOT_FOUND model .* no home folder .* Set HF_HOME .* to a folder\. /);
    expect(rest).toHaveLength(3);
    for (const line of rest) expect(line).toMatch(/^BgeError INVALID_OPTION HF_HOME .* no home folder .* Set HF_HOME/);
  });
});

test("a temporary folder that is not there is not needed", async () => {
  const env = { TMPDIR: "/no/such/folder", TEMP: "/no/such/folder", TMP: "/no/such/folder" };
  const program = start(
    `import { loadEmbedder } from "@bge-js/core";
    for (const isolation of ["thread", "process"]) {
      const model = await loadEmbedder(${tiny}, { isolation, threads: 1, device: "auto" });
      console.log((await model.embedQuery("x")).length);
      await model.dispose();
    }`,
    { env },
  );
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(program.output.out.match(/^48$/gm)).toHaveLength(2);
});

/** What a call rejects with, which must be ours. */
async function errorOf(call: Promise<unknown>): Promise<BgeError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(BgeError);
  return error as BgeError;
}

describe.skipIf(!hasLoopback)("a cache that is no folder, or may not be written or read", () => {
  test("is named, with the variable to set", async () => {
    await startTinyHub();
    const file = join(folderOf({ "a-file": "" }), "a-file");
    vi.stubEnv("HF_HUB_CACHE", file);
    const advice = /HF_HUB_CACHE or HF_HOME/;
    const pulled = await errorOf(pullModel(ID));
    expect(pulled).toMatchObject({ code: "DOWNLOAD_FAILED", message: expect.stringMatching(advice) });
    expect((await errorOf(loadEmbedder(ID))).message).toMatch(advice);
    expect(await errorOf(cachedModels())).toMatchObject({
      code: "INVALID_OPTION",
      parameter: "HF_HUB_CACHE",
      message: expect.stringMatching(advice),
    });
    expect((await errorOf(verifyModel(ID))).message).toContain(file);
    expect((await errorOf(loadEmbedder(ID, { download: false }))).message).toContain("ENOTDIR");
  });

  test.skipIf(!posix || (privileged && !canBecome))("loads what is there where nothing can be written", async () => {
    const { cache, hub } = await startTinyHub();
    await pullModel(ID);
    hub.commit({ ...tinyFiles, "config.json": Buffer.concat([tinyFiles["config.json"]!, Buffer.from("\n")]) });
    const modes = (mode: number) => {
      for (const folder of [cache, join(cache, "models--someone--tiny")]) chmodSync(folder, mode);
    };
    modes(0o555);
    onTestFinished(() => modes(0o755));
    const program = start(`
      const { loadEmbedder, pullModel } = await import("@bge-js/core");
      ${privileged ? become : ""}
      const model = await loadEmbedder(${JSON.stringify(ID)}, { threads: 1 });
      console.log((await model.embedQuery("x")).length);
      await model.dispose();
      const { code, message } = await pullModel(${JSON.stringify(ID)}).catch((error) => error);
      console.log(code, message);
    `);
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.output.out).toMatch(/^48$/m);
    expect(program.output.out).toMatch(/^DOWNLOAD_FAILED .*EACCES.*HF_HUB_CACHE or HF_HOME/m);
  });
});

describe.skipIf(!canBecome)("files that another user keeps to himself", () => {
  test.each(["config.json", "tokenizer.json", "onnx/model.onnx", "onnx"])("%s", async (name) => {
    const folder = folderOf();
    const model = join(folder, "model");
    chmodSync(folder, 0o755);
    mkdirSync(model);
    cpSync(directory, model, { recursive: true });
    chmodSync(join(model, name), 0o700);
    const program = start(`
      const { loadEmbedder } = await import("@bge-js/core");
      ${become}
      const { name, code, message } = await loadEmbedder(${JSON.stringify(model)}).catch((error) => error);
      console.log(name, code, message);
    `);
    await program.ended;
    const said =
      name === "onnx"
        ? /^BgeError MODEL_NOT_FOUND .*EACCES/
        : /^BgeError ACCESS_DENIED .*EACCES.*Change its permissions/;
    expect(program.output.out).toMatch(said);
    expect(program.output.out).toContain(join(model, name));
  });
});
