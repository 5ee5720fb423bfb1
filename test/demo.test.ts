import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { hasLoopback } from "./support/loopback.js";
import { startQdrantDouble } from "./support/qdrant-double.js";

const MAIN = fileURLToPath(new URL("../examples/dist/demo/main.js", import.meta.url));

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function start(args: readonly string[], environment: NodeJS.ProcessEnv = {}): ChildProcess {
  const env = { ...process.env, npm_lifecycle_event: undefined, ...environment };
  return spawn(process.execPath, [MAIN, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
}

async function demo(args: readonly string[], environment?: NodeJS.ProcessEnv): Promise<Run> {
  const child = start(args, environment);
  const [out, err, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, "close")]);
  return { code, out, err };
}

describe("--docs", () => {
  let folder: string;
  let docs: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "bge-demo-"));
    docs = join(folder, "docs");
    await mkdir(join(docs, "guide"), { recursive: true });
    await writeFile(join(docs, "install.md"), "# Install\n\nRun the installer and restart the machine.\n");
    await writeFile(
      join(docs, "guide", "backup.md"),
      "# Backup\r\n\r\nCopies of the database are made every night.\r\n",
    );
    await writeFile(join(docs, "licence.txt"), "The program is free for schools; companies pay by the seat.");
    await writeFile(join(docs, "picture.svg"), "<svg/>");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const ask = (...args: string[]): Promise<Run> =>
    demo(["--docs", docs, ...args, "When is the data saved?"], { XDG_CACHE_HOME: join(folder, "cache") });

  test.each(["langchain", "llamaindex"])("%s: embeds only what is new, and forgets what is gone", async (framework) => {
    const first = await ask("--framework", framework);
    expect(first).toMatchObject({ code: 0 });
    expect(first.out).toMatch(/3 embedded, 0 kept, 0 removed/);
    expect(first.out).toMatch(/1\. Backup\n +guide\/backup\.md:1 +score \d\.\d{3}, was \d before/);
    expect(first.out).toMatch(/retrieve +[\d,]+ ms .*the best 3 of 3\nrerank +[\d,]+ ms .*3 to 3/);

    expect((await ask("--framework", framework)).out).toMatch(/0 embedded, 3 kept, 0 removed/);

    await writeFile(join(docs, "install.md"), "# Install\n\nUnpack the archive where you like.\n");
    expect((await ask("--framework", framework)).out).toMatch(/1 embedded, 2 kept, 1 removed/);

    await rm(join(docs, "licence.txt"));
    const last = await ask("--framework", framework);
    expect(last.out).toMatch(/0 embedded, 2 kept, 1 removed/);
    expect(last.out).not.toContain("licence.txt");
  });

  test("without a framework: the index is kept, and says where; what it has is not read again", async () => {
    const index = join(folder, "here");
    const first = await ask("--index", index);
    expect(first).toMatchObject({ code: 0 });
    expect(first.out).toMatch(/3 embedded, 0 kept, 0 removed/);
    const [name] = await readdir(index);
    expect(name).toMatch(/^docs-[0-9a-f]{16}$/);
    expect(first.out).toContain(`kept in ${join(index, name!)}\n`);
    expect(first.out).toMatch(/\? When is the data saved\? +[\d,]+ ms: [\d,]+ to retrieve, [\d,]+ to rerank\n/);
    expect(first.out).toMatch(/1\. Backup\n +guide\/backup\.md:1 +score \d+\.\d{3}, was \d before/);
    expect(first.out).toMatch(/anew +[\d,]+ ms +to rerank 3 for the first question/);

    await writeFile(join(docs, "install.md"), "# Install\n\nUnpack the archive where you like.\n");
    const second = await ask("--index", index);
    expect(second.out).toMatch(/1 embedded, 2 kept, 1 removed/);
    expect((await ask("--index", index)).out).toMatch(/0 embedded, 3 kept, 0 removed/);
  });

  test("--index says where the vectors are kept; both frameworks share them", async () => {
    const index = join(folder, "here");
    expect((await ask("--index", index, "--framework", "langchain")).out).toMatch(/3 embedded, 0 kept/);
    expect((await ask("--index", index, "--framework", "llamaindex")).out).toMatch(/0 embedded, 3 kept/);
    expect(await readdir(index)).toEqual([expect.stringMatching(/^docs-[0-9a-f]{16}\.jsonl$/)]);
  });

  test.skipIf(!hasLoopback).each(["langchain", "llamaindex"])(
    "%s: --qdrant stores all texts and finds them",
    async (framework) => {
      await using double = await startQdrantDouble();
      const { code, out } = await ask("--qdrant", double.url, "--framework", framework);
      expect(code).toBe(0);
      expect(out).toMatch(/1\. Backup\n/);
      expect(double.requests.some((request) => request.endsWith("/points/count"))).toBe(true);
    },
  );

  test("tells of what it cannot read in one line", async () => {
    const missing = await demo(["--docs", join(folder, "nowhere"), "?"]);
    expect(missing).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^cannot read the folder .*nowhere: ENOENT.*\n$/),
    });
    const file = await demo(["--docs", join(docs, "install.md"), "?"]);
    expect(file).toMatchObject({ code: 1, err: expect.stringMatching(/^.*install\.md is not a folder\n$/) });
    await mkdir(join(folder, "empty"));
    const empty = await demo(["--docs", join(folder, "empty"), "?"]);
    expect(empty).toMatchObject({ code: 1, err: expect.stringMatching(/^no \.md, .* file in .*empty\n$/) });
    await writeFile(join(docs, "binary.md"), Buffer.from([0xff, 0xfe, 0x00, 0x80]));
    const binary = await ask();
    expect(binary).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^cannot read the file .*binary\.md: it is not UTF-8 text\n$/),
    });
  });
});

describe("the command line", () => {
  test("--help", async () => {
    expect(await demo(["--help"])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Usage: npm run demo/),
      err: "",
    });
  });

  test.each([
    [["--nonsense"], /^Unknown option '--nonsense'/],
    [["--framework", "haystack"], /^--framework is langchain or llamaindex, not "haystack"/],
    [["--docs"], /^Option '--docs <value>' argument missing/],
    [["--docs", "."], /^--docs needs a question/],
    [[""], /^a question is empty/],
  ])("%j is a usage error", async (args, message) => {
    expect(await demo(args)).toMatchObject({ code: 2, out: "", err: expect.stringMatching(message) });
  });

  test("a model that is not there is one line", async () => {
    const { code, err } = await demo(["--model", "nobody/no-model", "?"]);
    expect(code).toBe(1);
    expect(err).toMatch(/no-model/);
    expect(err).not.toMatch(/^\s+at /m);
  });

  test("Qdrant away is one line", async () => {
    const { code, err } = await demo(["--qdrant", "http://127.0.0.1:1", "?"]);
    expect(code).toBe(1);
    expect(err).toMatch(/^no Qdrant at http:\/\/127\.0\.0\.1:1: .*\n$/);
  });
});

test("Ctrl-C stops the indexing of Node's documentation in order", async () => {
  const index = await mkdtemp(join(tmpdir(), "bge-demo-"));
  const child = start(["--index", index]);
  let out = "";
  child.stdout!.setEncoding("utf8").on("data", async (chunk: string) => {
    out += chunk;
    if (!/^read/m.test(out)) return;
    await setTimeout(500); // indexing has begun
    child.kill("SIGINT");
  });
  const [err, [code]] = await Promise.all([text(child.stderr!), once(child, "close")]);
  expect(out).toMatch(/^load +[\d,]+ ms .*\nread +[\d,]+ ms +3,\d{3} texts from the declarations in @types\/node\n$/);
  expect(err).toMatch(/^( {2}\d+ of 3,\d{3} texts, [\d,]+ texts\/s\n)*\nstopped\n$/);
  expect(code).toBe(130);
  await rm(index, { recursive: true });
});
