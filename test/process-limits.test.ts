import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fixture } from "./support/models.js";
import { type Program, start } from "./support/programs.js";

/** A container's limit on processes and threads (`docker run --pids-limit`, `ulimit -u`) holds for users other than root. */
const NOBODY = { uid: 4711, gid: 4711 };
const directory = fixture("tiny-bert-cls");
const canLimit =
  process.platform === "linux" &&
  process.getuid?.() === 0 &&
  spawnSync("prlimit", ["--version"]).status === 0 &&
  spawnSync(process.execPath, ["-e", `fs.readdirSync(${JSON.stringify(directory)})`], NOBODY).status === 0;

const PROGRAM = `
  import { once } from "node:events";
  const { loadEmbedder } = await import("@bge-js/core");
  const threads = [];
  process.on("worker", (thread) => threads.push(thread));
  const model = (isolation) => loadEmbedder({ directory: ${JSON.stringify(directory)} }, { threads: 1, isolation });
  const tell = ({ name, code, message }) => console.log(name, code, message);
  /** Lets the test set the limit. */
  const pause = async (at) => {
    console.log(at);
    await once(process.stdin.resume(), "data");
    process.stdin.pause();
  };
  process.setgid(${NOBODY.gid});
  process.setuid(${NOBODY.uid});
`;
const CANNOT_START = /^BgeError WORKER_LOST A worker could not be started \(.*EAGAIN\)\. The limit on threads/m;

/** Sets how many threads and processes the program's user may have whenever it pauses. */
async function limited(source: string, limits: Readonly<Record<string, number>>): Promise<Program> {
  const program = start(PROGRAM + source);
  for (const [at, most] of Object.entries(limits)) {
    await program.says(`${at}\n`);
    execFileSync("prlimit", ["--pid", String(program.child.pid), `--nproc=${most}:`], NOBODY);
    program.child.stdin!.write("\n");
  }
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(program.output.err).toBe("");
  return program;
}

describe.skipIf(!canLimit)("where no further thread or process may start", () => {
  test.each(["thread", "process"])("loading a model in a %s fails, and works once one may", async (isolation) => {
    const { output } = await limited(
      `await pause("limit");
      await model("${isolation}").catch(tell);
      console.log("telemetry", process.env.ORT_DISABLE_TELEMETRY);
      await pause("free");
      const embedder = await model("${isolation}");
      console.log((await embedder.embedQuery("x")).length);`,
      { limit: 1, free: 1000 },
    );
    expect(output.out).toMatch(CANNOT_START);
    expect(output.out).toContain("telemetry undefined");
    expect(output.out).toContain("\n48\n");
  });

  test("a lost worker that cannot be replaced fails its calls, not the process", async () => {
    const { output } = await limited(
      `const embedder = await model("thread");
      await pause("limit");
      await Promise.all(threads.map((thread) => thread.terminate()));
      await embedder.embedQuery("x").catch(tell);
      await pause("free");
      console.log((await embedder.embedQuery("x")).length);`,
      { limit: 1, free: 1000 },
    );
    expect(output.out).toMatch(CANNOT_START);
    expect(output.out).toContain("\n48\n");
  });
});

test.skipIf(process.platform !== "linux" || spawnSync("prlimit", ["--version"]).status !== 0)(
  "a text that a run has too little memory for is named, with what to do; others are read",
  async () => {
    const program = start(`
      import { once } from "node:events";
      const { loadEmbedder } = await import("@bge-js/core");
      const directory = ${JSON.stringify(fixture("tiny-code"))};
      const embedder = await loadEmbedder({ directory }, { threads: 1, queryInstruction: "", truncation: "silent" });
      console.log("limit");
      await once(process.stdin.resume(), "data");
      process.stdin.pause();
      // Each token of the long text is compared with all others: a quarter of a gigabyte.
      const { code, message, indices, completed } = await embedder
        .embedDocuments(["short", "word ".repeat(9000)])
        .catch((error) => error);
      console.log(code, message, indices, completed.map((vector) => vector?.length));
      console.log((await embedder.embedQuery("x")).length);
    `);
    await program.says("limit\n");
    const status = readFileSync(`/proc/${program.child.pid}/status`, "utf8");
    const used = Number(/VmData:\s+(\d+)/.exec(status)![1]) * 1024;
    execFileSync("prlimit", ["--pid", String(program.child.pid), `--data=${used + 100e6}:`]);
    program.child.stdin!.write("\n");
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(program.output.out).toMatch(
      /INFERENCE_FAILED The model failed on a batch: .*[Ff]ailed to allocate memory.*\. There was too little memory for it.*lower maxTokens.*\(input index 1\) \[ 1 \] \[ 32, undefined \]\n32\n/,
    );
  },
);
