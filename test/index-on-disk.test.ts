// An index in a directory, through the built package.
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { type Embedder, loadEmbedder } from "@bge-js/core";
import { loadRetriever, type RetrieverOptions } from "@bge-js/retriever";
import { loadRetrieverFor } from "@bge-js/retriever/adapter";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { fixture } from "./support/models.js";
import { toldUntilKilled } from "./support/programs.js";

let embedder: Embedder;
const root = mkdtempSync(join(tmpdir(), "bge-directory-"));
let made = 0;
/** A new place for an index, in a folder that is missing, with a name that looks like a file's. */
const place = () => join(root, String(made++), "my.index");
const load = (directory: string | URL, more: RetrieverOptions = {}) =>
  loadRetriever({ embedder, reranker: false, directory, ...more });
const numbered = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({ id: `n${from + i}`, text: `text number ${from + i}`, page: i }));

beforeAll(async () => {
  embedder = await loadEmbedder(fixture("tiny-bert-cls"), { truncation: "silent" });
});
afterAll(async () => {
  await embedder.dispose();
  rmSync(root, { recursive: true, force: true });
});

/** An embedder that counts the texts it reads. */
function counting(): { readonly counted: Embedder; read(): number } {
  let read = 0;
  const counted: Embedder = {
    ...embedder,
    async *embedStream(texts: AsyncIterable<string>, options: object) {
      async function* through() {
        for await (const text of texts) {
          read++;
          yield text;
        }
      }
      yield* embedder.embedStream(through(), options);
    },
  } as unknown as Embedder;
  return { counted, read: () => read };
}

async function idsOf(retriever: { ids(): AsyncIterable<string> }): Promise<string[]> {
  const ids: string[] = [];
  for await (const id of retriever.ids()) ids.push(id);
  return ids.sort();
}

test("what was added is there again, and found as in memory", async () => {
  const directory = place();
  const memory = await loadRetriever({ embedder, reranker: false });
  const first = await load(directory);
  expect(first.directory).toBe(directory);
  expect(memory.directory).toBeUndefined();
  for (const one of [memory, first]) {
    expect(await one.add(numbered(600))).toEqual({ added: 600, replaced: 0, unchanged: 0 });
    expect(await one.remove(["n3", "n4", "nobody"])).toBe(2);
    await one.add(["without an id"]);
  }
  await first.dispose();
  expect(readdirSync(directory).sort()).toEqual(["data.mdb", "lock.mdb"]);
  const again = await load(pathToFileURL(directory));
  expect(again.size).toBe(599);
  expect(await idsOf(again)).toEqual(await idsOf(memory));
  expect([again.has("n3"), again.has("n5")]).toEqual([false, true]);
  expect(again.get("n5")).toEqual({ id: "n5", text: "text number 5", page: 5 });
  expect(again.get("n3")).toBeUndefined();
  for (const query of ["number 17", "text", "without"]) {
    const filter = ({ page }: { readonly [field: string]: unknown }) => page !== 17;
    for (const options of [{ topN: 20 }, { topN: 20, filter }]) {
      const expected = (await memory.search(query, options)).results;
      expect((await again.search(query, options)).results).toEqual(expected);
    }
  }
  await again.add(["another one"]);
  expect(again.has("#1")).toBe(true);
  await Promise.all([memory.dispose(), again.dispose()]);
});

test.each([
  ["in memory", undefined],
  ["in a directory", place],
])("a text is read once, %s", async (_, directory) => {
  const { counted, read } = counting();
  const options = { embedder: counted, reranker: false, ...(directory && { directory: directory() }) } as const;
  const retriever = await loadRetriever(options);
  await retriever.add(numbered(300));
  expect(read()).toBe(300);
  const changed = numbered(300).map((one, i) => (i === 7 ? { ...one, text: "another text" } : { ...one, page: -i }));
  expect(await retriever.add(changed)).toEqual({ added: 1, replaced: 1, unchanged: 299 });
  expect(read()).toBe(301);
  expect(retriever.get("n9")).toEqual({ id: "n9", text: "text number 9", page: -9 });
  expect((await retriever.search("another text", { topN: 1 })).results[0]!.id).toBe("n7");
  // The second is not what is in the index, but what will be when the first is read.
  const twice = [
    { id: "n1", text: "first" },
    { id: "n1", text: "text number 1" },
  ];
  expect(await retriever.add(twice)).toMatchObject({ added: 2, unchanged: 0 });
  expect(retriever.get("n1")!.text).toBe("text number 1");
  await retriever.dispose();
});

test("one writes, others read what it has stored", async () => {
  const directory = place();
  const writer = await load(directory);
  await writer.add(numbered(5));
  const message = /being written to by process \d+\. Only one retriever at a time .* readOnly: true/;
  await expect(load(directory)).rejects.toMatchObject({
    code: "STORE_IN_USE",
    message: expect.stringMatching(message),
  });
  const reader = await load(directory, { readOnly: true });
  expect(reader.size).toBe(5);
  await writer.add([{ id: "later", text: "something entirely different" }]);
  await writer.remove(["n2"]);
  expect(reader.size).toBe(5);
  expect(await idsOf(reader)).toEqual(["later", "n0", "n1", "n3", "n4"]);
  const found = await reader.search("something entirely different", { topN: 9 });
  expect(found.results[0]!.id).toBe("later");
  expect(found.results).toHaveLength(5);
  for (const change of [() => reader.add(numbered(1)), () => reader.add([]), () => reader.remove(["n0"])]) {
    await expect(change()).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "readOnly" });
  }
  await writer.dispose();
  // Whoever had written has gone: the next one may.
  const next = await load(directory);
  await next.remove(["n0"]);
  expect((await reader.search("text", { topN: 9 })).results).toHaveLength(4);
  await Promise.all([next.dispose(), reader.dispose()]);
});

test("an index is read while its embedder loads", async () => {
  const directory = place();
  const first = await load(directory);
  await first.add(numbered(40));
  await first.dispose();
  let give: (embedder: Embedder) => void = () => {};
  const loading = new Promise<Embedder>((resolve) => {
    give = resolve;
  });
  const opening = loadRetrieverFor(loading, { directory, reranker: false });
  await vi.waitFor(() => expect(readdirSync(directory).some((name) => name.startsWith("writer.lock"))).toBe(true));
  give(embedder);
  const again = await opening;
  expect(again.size).toBe(40);
  expect((await again.search("number 17", { topN: 1 })).results[0]!.id).toBe("n17");
  await again.dispose();
  expect(await embedder.embedQuery("still here")).toBeInstanceOf(Float32Array);
});

test("in a process that reads it, an index is written to only by who opened it before", async () => {
  const directory = place();
  await (await load(directory)).dispose();
  const reader = await load(directory, { readOnly: true });
  for (const _ of [1, 2]) {
    await expect(load(directory)).rejects.toMatchObject({
      code: "STORE_IN_USE",
      parameter: "directory",
      message: expect.stringContaining("readOnly: true"),
    });
  }
  expect(reader.size).toBe(0);
  await reader.dispose();
  const writer = await load(directory);
  const beside = await load(directory, { readOnly: true });
  await writer.dispose();
  const next = await load(directory);
  await next.add(numbered(3));
  expect(beside.size).toBe(3);
  await Promise.all([beside.dispose(), next.dispose()]);
});

test("an index that cannot be opened yet is opened when the models are there", async () => {
  const directory = place();
  const writer = await load(directory);
  await writer.add(numbered(40));
  let give: (embedder: Embedder) => void = () => {};
  const opening = loadRetrieverFor(new Promise<Embedder>((resolve) => (give = resolve)), {
    directory,
    reranker: false,
  });
  await setTimeout(300);
  await writer.dispose();
  give(embedder);
  const again = await opening;
  expect(again.size).toBe(40);
  await again.dispose();
});

test("a reader sees what is stored while its embedder loads", async () => {
  const directory = place();
  const writer = await load(directory);
  await writer.add(numbered(40));
  let give: (embedder: Embedder) => void = () => {};
  const loading = new Promise<Embedder>((resolve) => (give = resolve));
  const opening = loadRetrieverFor(loading, { directory, readOnly: true, reranker: false });
  await setTimeout(300);
  await writer.add([{ id: "late", text: "a text about pandas" }, ...numbered(1, 7)]);
  await writer.remove(["n1", "n2"]);
  give(embedder);
  const reader = await opening;
  expect([reader.size, reader.has("late"), reader.has("n1")]).toEqual([39, true, false]);
  expect(await idsOf(reader)).toEqual(await idsOf(writer));
  for (const query of ["a text about pandas", "number 7", "number 1"]) {
    const expected = (await writer.search(query, { topN: 50 })).results;
    expect((await reader.search(query, { topN: 50 })).results).toEqual(expected);
  }
  await Promise.all([reader.dispose(), writer.dispose()]);
});

test("without a model nothing is made, and an index that was there is closed", async () => {
  const missing = { embedder: { directory: join(root, "no-model") } };
  const directory = place();
  await expect(load(directory, missing)).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
  expect(existsSync(directory)).toBe(false);
  const first = await load(directory);
  await first.add(numbered(3));
  await first.dispose();
  await expect(load(directory, missing)).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
  const none = loadRetrieverFor(Promise.reject(new Error("no embedder")), { directory, reranker: false });
  await expect(none).rejects.toThrow("no embedder");
  const again = await load(directory);
  expect(again.size).toBe(3);
  await again.dispose();
});

test("another model, or other rows, are refused", async () => {
  const directory = place();
  await (await load(directory)).dispose();
  await using other = await loadEmbedder(fixture("tiny-bert-cls"), { maxTokens: 16, truncation: "silent" });
  for (const readOnly of [false, true]) {
    await expect(load(directory, { embedder: other, readOnly })).rejects.toMatchObject({
      code: "STORE_MISMATCH",
      parameter: "directory",
      message: expect.stringMatching(/another model: maxTokens \d+, not 16\. Load the model it was made with, or/),
    });
  }
  // The lock of what was refused is free again.
  await (await load(directory)).dispose();
  const withRows = place();
  const kept = await loadRetriever({ reranker: false, directory: withRows });
  await kept.add(["a text with rows"]);
  await kept.dispose();
  await expect(loadRetriever({ reranker: false, lateInteraction: false, directory: withRows })).rejects.toMatchObject({
    code: "STORE_MISMATCH",
    message: expect.stringContaining("lateInteraction: true"),
  });
  await using plain = await loadRetriever({
    reranker: false,
    lateInteraction: false,
    readOnly: true,
    directory: withRows,
  });
  expect((await plain.search("rows")).results).toHaveLength(1);
});

test("what JSON does not give back is named, and all others are added", async () => {
  await using retriever = await load(place());
  const self: Record<string, unknown> = {};
  self["self"] = self;
  const bad = [
    { when: new Date(0) },
    { n: Number.NaN },
    { f: () => 1 },
    { big: 1n },
    { deep: [{ map: new Map() }] },
    { self },
    { list: [undefined] },
    { bytes: new Uint8Array(2) },
  ];
  const good = { id: "good", text: "good", list: [1, "a", null, { x: true }], absent: undefined };
  const documents = [...bad.map((fields, i) => ({ id: `bad${i}`, text: "t", ...fields })), good];
  const error = await retriever.add(documents).catch((error) => error);
  expect(error).toMatchObject({ code: "INVALID_INPUT", indices: [0, 1, 2, 3, 4, 5, 6, 7] });
  expect(error.message).toContain("its field when is an object of the class Date, which JSON does not give back");
  expect(retriever.get("good")).toEqual({ id: "good", text: "good", list: [1, "a", null, { x: true }] });
});

test("a document is stored as it was when it was given", async () => {
  await using retriever = await load(place());
  const source = { page: 0, tags: [] as unknown[] };
  function* pages() {
    for (; source.page < 3; source.page++) yield { id: String(source.page), text: `text ${source.page}`, source };
    source.tags.push(source);
  }
  expect(await retriever.add(pages())).toEqual({ added: 3, replaced: 0, unchanged: 0 });
  for (const page of [0, 1, 2]) expect(retriever.get(String(page))).toMatchObject({ source: { page, tags: [] } });
});

describe("a directory that cannot be one", () => {
  test.each([
    ["a file", () => file(place()), "INVALID_OPTION", /is a file/],
    ["a folder inside a file", () => join(file(place()), "below"), "INVALID_OPTION", /inside a file/],
    ["a folder of other files", () => foreign(), "INVALID_OPTION", /other files in it \(notes\.txt\)/],
    ["a foreign file of that name", () => damaged(() => Buffer.alloc(100_000, "x")), "STORE_CORRUPT", /Restore/],
  ])("%s", async (_, make, code, message) => {
    const directory = make();
    await expect(load(directory)).rejects.toMatchObject({
      code,
      parameter: "directory",
      message: expect.stringMatching(message),
    });
    await expect(load(directory, { readOnly: true })).rejects.toMatchObject({ parameter: "directory" });
  });

  test("an index that lost its end", async () => {
    const directory = place();
    const retriever = await load(directory);
    await retriever.add(numbered(2000));
    await retriever.dispose();
    truncateSync(join(directory, "data.mdb"), 40_000);
    for (const readOnly of [false, true]) {
      await expect(load(directory, { readOnly })).rejects.toMatchObject({ code: "STORE_CORRUPT" });
    }
  });

  test.skipIf(process.getuid?.() === 0 || process.platform === "win32")("one without permission", async () => {
    const parent = join(root, "sealed");
    mkdirSync(parent, { mode: 0o500 });
    await expect(load(join(parent, "index"))).rejects.toMatchObject({ code: "STORE_FAILED", parameter: "directory" });
    chmodSync(parent, 0o700);
  });

  test.skipIf(process.platform !== "linux").each(["/proc/x", "/proc/x/y"])(
    "%s, where none can be made",
    async (path) => {
      await expect(load(path)).rejects.toMatchObject({
        code: "STORE_FAILED",
        parameter: "directory",
        message: expect.stringContaining("could not be created: ENOENT"),
      });
    },
  );

  test.skipIf(process.platform === "win32")("one with a folder or a loose link in the place of a file", async () => {
    for (const name of ["data.mdb", "lock.mdb"]) {
      const directory = place();
      mkdirSync(join(directory, name), { recursive: true });
      for (const readOnly of [false, true]) {
        await expect(load(directory, { readOnly })).rejects.toMatchObject({ parameter: "directory" });
      }
    }
    const link = join(root, "loose");
    symlinkSync(join(root, "nowhere"), link);
    await expect(load(link)).rejects.toMatchObject({ code: "STORE_FAILED", parameter: "directory" });
  });

  test("one to read that is not there", async () => {
    await expect(load(place(), { readOnly: true })).rejects.toMatchObject({
      code: "INVALID_OPTION",
      parameter: "directory",
    });
  });

  test.skipIf(process.platform === "win32")("a link to a folder is followed", async () => {
    const directory = place();
    await (await load(directory)).dispose();
    const link = join(root, "link");
    symlinkSync(directory, link);
    await using retriever = await load(link);
    await retriever.add(["through a link"]);
    expect(retriever.size).toBe(1);
  });
});

test.skipIf(process.platform === "win32")("what is added to an index that was removed is refused", async () => {
  const directory = place();
  const retriever = await load(directory);
  await retriever.add(numbered(3));
  rmSync(directory, { recursive: true });
  const refusal = { code: "STORE_FAILED", message: expect.stringContaining("was removed while it was open") };
  await expect(retriever.add(numbered(3, 3))).rejects.toMatchObject(refusal);
  await expect(retriever.remove(["n1"])).rejects.toMatchObject(refusal);
  const other = await load(directory);
  await retriever.dispose();
  // Its lock is not that of the one that was removed.
  await expect(load(directory)).rejects.toMatchObject({ code: "STORE_IN_USE" });
  await other.add(numbered(2));
  await other.dispose();
  const again = await load(directory, { readOnly: true });
  expect(await idsOf(again)).toEqual(["n0", "n1"]);
  await again.dispose();
});

test("searches go on while much is added, and end when the retriever is disposed", async () => {
  const directory = place();
  const retriever = await load(directory);
  await retriever.add(numbered(100));
  const adding = retriever.add(numbered(3000, 100));
  const failures = adding.catch((error) => error);
  for (let i = 0; i < 20; i++) expect((await retriever.search(`number ${i}`)).results).toHaveLength(10);
  const pending = retriever.search("number 1").catch((error) => error);
  await retriever.dispose();
  for (const one of [await failures, await pending]) {
    if (one instanceof Error) expect(one).toMatchObject({ code: "DISPOSED" });
  }
  await using again = await load(directory);
  expect(again.size).toBeGreaterThanOrEqual(100);
  expect((await again.search("number 1")).results).toHaveLength(10);
});

test("what was read stays, also when the retriever is disposed before it is stored", async () => {
  const directory = place();
  let tell = () => {};
  const isPut = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const telling = {
    ...embedder,
    async *embedStream(texts: AsyncIterable<string>, options: object) {
      for await (const vector of embedder.embedStream(texts, options)) {
        yield vector;
        // It is drawn again once the document was put.
        tell();
      }
    },
  } as unknown as Embedder;
  const retriever = await loadRetriever({ embedder: telling, reranker: false, directory });
  async function* hanging() {
    yield* numbered(1);
    await new Promise(() => {});
  }
  const adding = retriever.add(hanging()).catch((error) => error);
  await isPut;
  await retriever.dispose();
  expect(await adding).toMatchObject({ code: "DISPOSED" });
  const { counted, read } = counting();
  await using again = await loadRetriever({ embedder: counted, reranker: false, directory });
  expect(await again.add(numbered(1))).toEqual({ added: 0, replaced: 0, unchanged: 1 });
  expect(read()).toBe(0);
});

describe.each(["in memory", "in a directory"])("documents %s", (where) => {
  const open = () => (where === "in memory" ? loadRetriever({ embedder, reranker: false }) : load(place()));
  class Lazy {
    get id() {
      return "lazy";
    }
    get text() {
      return "a text";
    }
  }
  const odd: Readonly<Record<string, () => object>> = {
    "whose id and text are getters of a class": () => new Lazy(),
    "whose id is a getter of a class": () => Object.assign(Object.create(Lazy.prototype), { more: 1 }),
    "whose id cannot be read": () => ({
      get id(): string {
        throw new Error("no id");
      },
      text: "a text",
    }),
    "whose text cannot be read": () => ({
      id: "odd",
      get text(): string {
        throw new Error("no text");
      },
    }),
    "of which a field cannot be read": () => ({
      id: "odd",
      text: "a text",
      get more(): string {
        throw new Error("no more");
      },
    }),
  };

  test.each(Object.keys(odd))("%s are told, and all others added", async (kind) => {
    await using retriever = await open();
    const [first, ...others] = numbered(3);
    await expect(retriever.add([first!, odd[kind]!() as never, ...others])).rejects.toMatchObject({
      code: "INVALID_INPUT",
      parameter: "documents",
      indices: [1],
    });
    expect((await idsOf(retriever)).sort()).toEqual(["n0", "n1", "n2"]);
  });

  test("are not asked for by what is no id", async () => {
    await using retriever = await open();
    for (const id of [undefined, null, 5, {}]) {
      for (const call of [() => retriever.get(id as never), () => retriever.has(id as never)]) {
        expect(call).toThrow(expect.objectContaining({ code: "INVALID_INPUT", parameter: "id" }));
      }
    }
  });
});

test.each(["http://127.0.0.1/index", "file://elsewhere/index"])("%s is no directory", async (url) => {
  await expect(load(new URL(url))).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "directory" });
});

/** Adds and removes for ever, and says what was stored. */
const WRITER = `
import { loadEmbedder } from "@bge-js/core";
import { loadRetriever } from "@bge-js/retriever";
const [directory, model] = process.argv.slice(2);
const embedder = await loadEmbedder(model, { truncation: "silent" });
const retriever = await loadRetriever({ embedder, reranker: false, directory });
console.log("ready");
for (let i = retriever.size; ; i++) {
  const documents = Array.from({ length: 40 }, (_, j) => ({ id: \`r\${i}-\${j}\`, text: \`round \${i} number \${j}\` }));
  await retriever.add(documents, { onProgress: () => {} });
  console.log(\`added \${i}\`);
  await retriever.remove([\`r\${i}-0\`]);
  console.log(\`removed \${i}\`);
}
`;

test("what was stored when the process was killed is there, and found", async () => {
  const directory = place();
  for (let kill = 0; kill < 6; kill++) {
    const told = await toldUntilKilled(WRITER, [directory, fixture("tiny-bert-cls")], 3 + kill * 3);
    await using retriever = await load(directory);
    const ids = new Set(await idsOf(retriever));
    for (const [, what, round] of told.matchAll(/^(added|removed) (\d+)$/gm)) {
      if (what === "removed") expect(ids.has(`r${round}-0`)).toBe(false);
      else for (let j = 1; j < 40; j++) expect(ids.has(`r${round}-${j}`)).toBe(true);
    }
    expect(ids.size).toBe(retriever.size);
    const { results } = await retriever.search("round number 3", { topN: 50 });
    expect(results).toHaveLength(Math.min(50, ids.size));
  }
}, 120_000);

/** Adds until the disk is full, as far as a limit on the size of files can say. */
const FILLER = `
import { loadEmbedder } from "@bge-js/core";
import { loadRetriever } from "@bge-js/retriever";
const [directory, model] = process.argv.slice(2);
const embedder = await loadEmbedder(model, { truncation: "silent" });
const retriever = await loadRetriever({ embedder, reranker: false, directory });
const filling = "x".repeat(20_000);
let stored = 0;
try {
  for (;;) {
    await retriever.add(Array.from({ length: 20 }, (_, i) => ({ id: \`n\${stored + i}\`, text: \`text \${stored + i}\`, filling })));
    stored += 20;
  }
} catch ({ code, message }) {
  const { results } = await retriever.search("text 3");
  console.log(JSON.stringify({ code, message, stored, size: retriever.size, found: results.length }));
}
await retriever.dispose();
await embedder.dispose();
`;

test.skipIf(process.platform === "win32")(
  "a full disk is an error, and what was stored is intact",
  async () => {
    const directory = place();
    const node = [process.execPath, "--input-type=module", "-", directory, fixture("tiny-bert-cls")];
    const child = spawn("sh", ["-c", 'trap "" XFSZ; ulimit -f 6000; exec "$@"', "sh", ...node], {
      cwd: import.meta.dirname,
      stdio: ["pipe", "pipe", "pipe"],
    });
    let [told, errors] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      told += part;
    });
    child.stderr.setEncoding("utf8").on("data", (part: string) => {
      errors += part;
    });
    child.stdin.end(FILLER);
    const [code] = await once(child, "close");
    expect(code, errors).toBe(0);
    const last = JSON.parse(told);
    expect(last).toMatchObject({ code: "STORE_FAILED", found: 10, size: last.stored });
    expect(last.message).toMatch(/could not be written to: .*What was stored before is intact/);
    expect(last.stored).toBeGreaterThan(0);
    await using retriever = await load(directory);
    expect(retriever.size).toBe(last.stored);
    await retriever.add(numbered(30));
    expect((await retriever.search("number 3")).results).toHaveLength(10);
  },
  60_000,
);

function file(path: string): string {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, "a file");
  return path;
}

function foreign(): string {
  const path = place();
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "notes.txt"), "mine");
  return path;
}

function damaged(content: () => Buffer): string {
  const path = place();
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "data.mdb"), content());
  return path;
}
