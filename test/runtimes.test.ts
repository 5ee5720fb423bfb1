import { execFileSync } from "node:child_process";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Run, runInEmptySurroundings } from "./support/empty-surroundings.js";
import { type PackedProject, packedProject } from "./support/packed.js";
import { RUNTIMES, type Runtime } from "./support/runtimes/runtimes.js";

/** Each runtime runs one program with the packages as npm users get them: what it prints, and what it leaves behind. */
const PROGRAM = fileURLToPath(new URL("support/runtimes/program.mjs", import.meta.url));
const DIGEST = expect.stringMatching(/^[0-9a-f]{16}$/);

let project: PackedProject;
beforeAll(() => {
  project = packedProject();
  copyFileSync(PROGRAM, join(project.directory, "program.mjs"));
  writeFileSync(join(project.directory, "package.json"), JSON.stringify({ type: "module" }));
});
afterAll(() => project.remove());

function run({ program, flags, home }: Runtime, file = "program.mjs", ...args: readonly string[]): Promise<Run> {
  return runInEmptySurroundings([...flags, join(project.directory, file), ...args], {
    program,
    ...(home !== undefined && { ignored: home }),
  });
}
const resultsOf = ({ out }: Run) => Object.assign({}, ...out.map((line) => JSON.parse(line)));
let own: Promise<Run> | undefined;
/** What this Node gives. */
const reference = () => (own ??= run(RUNTIMES[0]!));

test("the program does what it says", { timeout: 240_000 }, async () => {
  expect(resultsOf(await reference())).toEqual({
    embed: DIGEST,
    rerank: DIGEST,
    directory: [6, "STORE_IN_USE", 6, "data.mdb", "lock.mdb", DIGEST],
    store: [6, 6, 0, DIGEST],
    processes: DIGEST,
    thread: DIGEST,
    abort: ["gone", DIGEST],
    deadline: "DEADLINE_EXCEEDED",
    free: true,
    errors: ["MODEL_NOT_FOUND", "INVALID_OPTION"],
    require: DIGEST,
    exit: DIGEST,
  });
});

describe.each(RUNTIMES)("$name", { timeout: 240_000 }, (runtime) => {
  test.skipIf(!runtime.isHere)("gives the same bits, leaves no file, says nothing and ends by itself", async () => {
    const { err, code, files, ...ran } = await (runtime === RUNTIMES[0] ? reference() : run(runtime));
    expect({ err, code, files }).toEqual({ err: "", code: 0, files: [] });
    expect(resultsOf({ err, code, files, ...ran })).toEqual(resultsOf(await reference()));
  });

  test.skipIf(!runtime.isHere)("runs the command, which reads PDFs in a thread", async () => {
    const notes = fileURLToPath(new URL("fixtures/notes", import.meta.url));
    const args = ["search", notes, "How do I remove limescale?", "--no-index", "--top", "1", "--json"];
    const { out, code, files } = await run(runtime, "node_modules/@bge-js/cli/bundle/main.js", ...args);
    expect({ code, files }).toEqual({ code: 0, files: [] });
    expect(JSON.parse(out[0]!).path).toMatch(/kettle\.pdf$/);
  });
});

/** With core from the folder of the executable, or within. A worker process that is the program again must not go on. */
const EXECUTABLE = (core: string) => `
  if (process.argv.length > 2) process.exit(3);
  void (async () => {
    const { loadEmbedder } = ${core};
    for (const options of [{}, { isolation: "process" }, { device: "cuda" }]) {
      try {
        const embedder = await loadEmbedder("BAAI/bge-small-en-v1.5", { threads: 1, ...options });
        console.log((await embedder.embedQuery("x")).length);
        await embedder.dispose();
      } catch ({ code, parameter, message }) {
        console.log(code, parameter, /single executable|bundled/.exec(message)?.[0]);
      }
    }
  })();
`;

describe("Node's single executable application", { timeout: 120_000 }, () => {
  const node = RUNTIMES.find(({ name }) => name === "Node 26")!;

  test.skipIf(!node.isHere).each([
    [
      "beside node_modules runs models in threads, and never itself",
      'require("node:module").createRequire(process.execPath)("@bge-js/core")',
      ["384", "INVALID_OPTION isolation single executable", "UNSUPPORTED_PLATFORM device single executable"],
    ],
    [
      "with the package inside says that it cannot be",
      'await import("@bge-js/core")',
      new Array<string>(3).fill("UNSUPPORTED_PLATFORM undefined bundled"),
    ],
  ])("%s", async (name, core, out) => {
    const path = (file: string) => join(project.directory, file);
    writeFileSync(path("source.cjs"), EXECUTABLE(core));
    await build({
      entryPoints: [path("source.cjs")],
      outfile: path("main.cjs"),
      bundle: true,
      platform: "node",
      format: "cjs",
      logLevel: "silent",
    });
    const executable = path(name.split(" ")[0]!);
    writeFileSync(path("sea.json"), JSON.stringify({ main: path("main.cjs"), output: executable }));
    execFileSync(node.program, ["--build-sea", path("sea.json")], { stdio: "pipe" });
    const ran = await runInEmptySurroundings([], { program: executable });
    expect(ran).toMatchObject({ out, code: 0, files: [] });
  });
});
