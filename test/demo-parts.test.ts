import { appendFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readArguments } from "../examples/demo/arguments.js";
import { findFiles, readChunks } from "../examples/demo/folder-docs.js";
import { watchEmbedder } from "../examples/demo/kept-embedder.js";
import { openKeptVectors } from "../examples/demo/kept-vectors.js";
import { readDeclarations, readNodeApiDocs } from "../examples/demo/node-api-docs.js";
import { createProgress } from "../examples/demo/progress.js";
import { createReport } from "../examples/demo/report.js";
import { createTokenCounter } from "../examples/demo/token-counter.js";
import { TokenSplitter } from "../examples/demo/token-splitter.js";
import { embeddedModels } from "./support/demo-models.js";

const { embedder, signal } = await embeddedModels();

describe("Node's API documentation", () => {
  const texts = readNodeApiDocs();

  test("has a text for each documented symbol", () => {
    expect(texts.length).toBeGreaterThan(3_000);
    expect(new Set(texts.map(({ id }) => id)).size).toBe(texts.length);
    for (const { text, source } of texts) {
      expect(text).toMatch(/^\S.*\n\S/);
      expect(source).toMatch(/^[\w./-]+\.d\.ts:\d+$/);
    }
  });

  test("says what is called how, and where", () => {
    const nextTick = texts.find(({ title }) => title === "NodeJS.Process.nextTick(callback, args)");
    expect(nextTick?.source).toMatch(/^process\.d\.ts:\d+$/);
    expect(nextTick?.text).toContain('adds `callback` to the "next tick queue"');
    expect(texts.find(({ title }) => title === "fs")?.text).toMatch(/^Node\.js module fs\n/);
  });

  test("reads a declaration: links and HTML go, parameters stay, overloads with one text are one", () => {
    const code = `declare module "node:thing" {
      interface Options {
        /** Milliseconds; see {@link wait} or [the guide](https://example.org/x). @since v1.0.0 */
        timeout: number;
      }
      /**
       * Waits <em>a while</em>. See {@link wait()} and {@link Options the options}.
       * @since v2.0.0
       * @param ms how long
       * @return when it is over
       */
      function wait(ms: number, options?: Options): void;
      /**
       * Waits <em>a while</em>. See {@link wait()} and {@link Options the options}.
       * @param ms how long
       * @return when it is over
       */
      function wait(ms: string): void;
      function undocumented(): void;
    }`;
    expect(readDeclarations("thing.d.ts", code).map(({ text, title, source }) => ({ text, title, source }))).toEqual([
      {
        title: "thing.Options.timeout",
        text: "thing.Options.timeout\nMilliseconds; see wait or the guide.",
        source: "thing.d.ts:4",
      },
      {
        title: "thing.wait(ms, options)",
        text: "thing.wait(ms, options)\nWaits a while. See wait() and the options.\nms: how long\nReturns when it is over",
        source: "thing.d.ts:12",
      },
    ]);
  });
});

describe("vectors that are kept", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "bge-kept-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const vector = (text: string): Float32Array =>
    Float32Array.from({ length: 16 }, (_, d) => Math.sin(text.charCodeAt(0) * (d + 1)));

  test("are there again, bit for bit, and go when they are not wanted", async () => {
    const kept = await openKeptVectors(folder, "v.jsonl", 16);
    await kept.add(["a", "b"], [vector("a"), vector("b")]);
    const again = await openKeptVectors(folder, "v.jsonl", 16);
    expect(again.get("a")).toEqual(vector("a"));
    expect(again.get("c")).toBeUndefined();
    expect(await again.retain(["b", "c"])).toBe(1);
    const last = await openKeptVectors(folder, "v.jsonl", 16);
    expect([last.get("a"), last.get("b")]).toEqual([undefined, vector("b")]);
  });

  test("survive a line that was cut off, and one of another width", async () => {
    const kept = await openKeptVectors(folder, "v.jsonl", 16);
    await kept.add(["a", "b"], [vector("a"), vector("b").subarray(0, 8)]);
    await appendFile(join(folder, "v.jsonl"), '{"text":"cut o');
    const again = await openKeptVectors(folder, "v.jsonl", 16);
    await again.add(["c"], [vector("c")]);
    const last = await openKeptVectors(folder, "v.jsonl", 16);
    expect([last.get("a"), last.get("b"), last.get("c")]).toEqual([vector("a"), undefined, vector("c")]);
  });

  test("are not embedded again; order and repeats stay", async () => {
    const kept = await openKeptVectors(folder, "v.jsonl", embedder.dimensions);
    const seen: number[] = [];
    const watch = () =>
      watchEmbedder(embedder, { kept, signal, onProgress: ({ embedded, kept }) => seen.push(embedded + kept) });
    await watch().embedder.embedDocuments(["a", "b"]);
    const watched = watch();
    const texts = ["c", "a", "c", "b"];
    expect(await watched.embedder.embedDocuments(texts)).toEqual(await embedder.embedDocuments(texts));
    expect(watched.counts).toEqual({ embedded: 2, kept: 2 });
    expect(seen.at(-1)).toBe(4);
  });
});

describe("the splitter", () => {
  const count = createTokenCounter(embedder, signal);

  test("counts tokens without the special ones, many parts in one call", async () => {
    expect(await Promise.all(["one two", "three", "", "one two"].map(count))).toEqual([2, 1, 0, 2]);
  });

  test("keeps chunks within the model's tokens, and headings with their text", async () => {
    const section = (name: string): string => `## ${name}\n\n${`Words about ${name} here. `.repeat(40)}`;
    const chunks = await new TokenSplitter(true, count).splitText(
      ["# Title", section("cats"), section("dogs")].join("\n\n"),
    );
    expect(chunks.map((chunk) => chunk.split("\n")[0])).toEqual(["# Title", "## dogs"]);
    for (const chunk of chunks) expect(await count(chunk)).toBeLessThanOrEqual(256);
  });

  test("ends long paragraphs at sentences, and never cuts a character in two", async () => {
    const prose = await new TokenSplitter(false, count).splitText("This is one more sentence. ".repeat(200));
    expect(prose.length).toBeGreaterThan(3);
    for (const chunk of prose) expect(chunk).toMatch(/^This .*sentence\.$/);
    const characters = createTokenCounter({ ...embedder, countTokens: countCharacters }, signal);
    const emoji = await new TokenSplitter(false, characters).splitText("😀".repeat(1000));
    expect(emoji.length).toBeGreaterThan(3);
    for (const chunk of emoji) expect(chunk.isWellFormed()).toBe(true);
  });

  const countCharacters = (async (input: string | readonly string[]) =>
    typeof input === "string"
      ? Array.from(input).length + 2
      : input.map((text) => Array.from(text).length + 2)) as typeof embedder.countTokens; // one function for both forms
});

test("a folder's files become chunks with their lines; a heading stays with its text", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bge-folder-"));
  try {
    const section = "Many words stand here. ".repeat(80);
    await writeFile(join(folder, "b.md"), `# Title\r\n\r\n## **Long** section\r\n\r\n${section}\r\n`);
    await writeFile(join(folder, "a.txt"), "\n\nShort text.\n");
    await mkdir(join(folder, "node_modules"));
    await writeFile(join(folder, "node_modules", "c.md"), "not this");
    const chunks = await readChunks(folder, await findFiles(folder), embedder, signal);
    expect(chunks.map(({ source, title }) => [source, title])).toEqual([
      ["a.txt:3", "Short text."],
      ["b.md:1", "Title"],
      ["b.md:5", expect.stringMatching(/^Many words stand here\. Many/)],
    ]);
    expect(chunks[1]?.text).toMatch(/^# Title\n\n## \*\*Long\*\* section\n\nMany words/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe("the terminal", () => {
  const record = (isTTY: boolean) => {
    const written: string[] = [];
    return { isTTY, hasColors: () => isTTY, write: (text: string) => written.push(text), written };
  };

  test("progress is a bar on a terminal and a few lines elsewhere", () => {
    const bar = record(true);
    const onTerminal = createProgress(1000, bar);
    for (let done = 1; done <= 1000; done++) onTerminal.update(done, done);
    onTerminal.finish();
    expect(bar.written.at(-2)).toMatch(/^\r {2}█{30} 1,000 of 1,000 texts, [\d,]+ texts\/s/);
    expect(bar.written.length).toBeLessThan(100);
    const plain = record(false);
    const elsewhere = createProgress(1000, plain);
    for (let done = 1; done <= 1000; done++) elsewhere.update(done, done);
    elsewhere.finish();
    expect(plain.written).toHaveLength(10);
    expect(plain.written.join("")).not.toContain("\x1b");
  });

  test("results have colours only where there are some", () => {
    const hit = { id: "1", text: "title\nrest", title: "title", source: "file:1", score: 0.5, rankBefore: 9 };
    const answer = { hits: [hit], candidates: 100, retrieveMs: 1, rerankMs: 2 };
    const [coloured, plain] = [record(true), record(false)];
    createReport(coloured).answer("why?", answer);
    createReport(plain).answer("why?", answer);
    expect(coloured.written.join("")).toContain("\x1b[");
    expect(plain.written.join("")).toBe(
      "\n? why?  3 ms: 1 to retrieve, 2 to rerank\n  1. title\n     file:1  score 0.500, was 9 before\n     rest\n",
    );
  });
});

test("a path is relative to where npm was called", () => {
  const from = { npm_lifecycle_event: "demo", INIT_CWD: "/somewhere", XDG_CACHE_HOME: "/cache" };
  expect(readArguments(["--docs", "docs", "why?"], from)).toMatchObject({
    docs: "/somewhere/docs",
    index: "/cache/bge-js/demo",
    questions: ["why?"],
  });
  expect(readArguments([], from)).toMatchObject({
    docs: undefined,
    index: expect.stringMatching(/\.index.demo$/),
    framework: undefined,
  });
  const framework = { index: undefined, framework: "langchain" };
  expect(readArguments(["--framework", "langchain"], from)).toMatchObject(framework);
  expect(readArguments(["--qdrant", "http://localhost:6333"], from)).toMatchObject(framework);
  expect(readArguments(["--index", "kept"], from)).toMatchObject({ index: "/somewhere/kept" });
});
