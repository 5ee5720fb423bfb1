// The built package, in processes that may be killed.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type BgeEvents, loadEmbedder, loadReranker, onEvent } from "@bge-js/core";
import { BgeEmbeddings, BgeReranker } from "@bge-js/langchain";
import * as llamaindex from "@bge-js/llamaindex";
import { openStore } from "@bge-js/store";
import { Document } from "@llamaindex/core/schema";
import { describe, expect, onTestFinished, test } from "vitest";
import { fixture } from "./support/models.js";

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "bge-js-store-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const entry = (number: number, bytes = 100) => ({
  key: `key-${number}`,
  rows: new Uint8Array(bytes).fill(number % 251),
});

/** A process that runs this program, with `store` open in the folder. */
function start(directory: string, program: string): ChildProcess {
  const open = `
    const { openStore } = await import(${JSON.stringify(import.meta.resolve("@bge-js/store"))});
    const store = await openStore({ directory: ${JSON.stringify(directory)} });
    ${program}`;
  return spawn(process.execPath, ["--input-type=module", "--eval", open], { stdio: ["ignore", "pipe", "inherit"] });
}

describe("a store on disk", () => {
  test("gives back what was put, also after it was closed, and counts it", async () => {
    const directory = join(newFolder(), "new", "rows.v1");
    const store = await openStore({ directory });
    expect(store.directory).toBe(directory);
    await store.put([entry(1), entry(2), entry(3, 0)]);
    await store.put([{ key: "key-2", rows: new Uint8Array(50).fill(9) }]);
    const wanted = [entry(1).rows, undefined, new Uint8Array(50).fill(9), new Uint8Array(0)];
    const read = async (from: typeof store) =>
      (await from.get(["key-1", "none", "key-2", "key-3"])).map((rows) => rows && Uint8Array.from(rows));
    expect(await read(store)).toEqual(wanted);
    expect(store.kept()).toEqual({ texts: 3, bytes: 150 });
    await store.dispose();
    expect(readdirSync(directory).sort()).toEqual(["data.mdb", "lock.mdb"]);
    await using again = await openStore({ directory: pathToFileURL(directory) });
    expect(await read(again)).toEqual(wanted);
    expect(again.kept()).toEqual({ texts: 3, bytes: 150 });
    expect(await again.get([])).toEqual([]);
    await again.put([]);
  });

  test("forgets what was kept first when there is too much", async () => {
    await using store = await openStore({ directory: newFolder(), maxBytes: 1000 });
    for (let i = 0; i < 25; i++) await store.put([entry(i)]);
    expect(store.kept()).toEqual({ texts: 10, bytes: 1000 });
    const found = await store.get(Array.from({ length: 25 }, (_, i) => `key-${i}`));
    expect(found.map((rows) => rows !== undefined)).toEqual(Array.from({ length: 25 }, (_, i) => i >= 15));
    await store.put([entry(99, 5000)]);
    expect(store.kept()).toEqual({ texts: 0, bytes: 0 });
  });

  test("closes once all that was put is written, and is closed then", async () => {
    const directory = newFolder();
    const store = await openStore({ directory });
    const puts = Array.from({ length: 20 }, (_, i) => store.put([entry(i, 10_000)]));
    await Promise.all([store.dispose(), store.dispose()]);
    await Promise.all(puts);
    for (const call of [() => store.get(["a"]), () => store.put([entry(1)]), async () => store.kept()]) {
      await expect(call()).rejects.toMatchObject({ code: "DISPOSED" });
    }
    await using again = await openStore({ directory });
    expect(again.kept().texts).toBe(20);
  });

  test("refuses what cannot be a store", async () => {
    const folder = newFolder();
    const file = join(folder, "file");
    writeFileSync(file, "text");
    for (const directory of [file, join(file, "inside"), folder]) {
      await expect(openStore({ directory })).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "directory" });
    }
    for (const [options, parameter] of [
      [{}, "directory"],
      [{ directory: "" }, "directory"],
      [{ directory: new URL("https://example.com") }, "directory"],
      [{ directory: "x", maxBytes: 0 }, "maxBytes"],
      [{ directory: "x", more: 1 }, "more"],
    ] as const) {
      await expect(openStore(options as never)).rejects.toMatchObject({ code: "INVALID_OPTION", parameter });
    }
  });

  test.skipIf(process.platform !== "linux")("refuses a folder that cannot be made", async () => {
    const refusal = { code: "STORE_FAILED", parameter: "directory" };
    await expect(openStore({ directory: "/proc/x/y" })).rejects.toMatchObject(refusal);
    const directory = newFolder();
    mkdirSync(join(directory, "lock.mdb"));
    await expect(openStore({ directory })).rejects.toMatchObject(refusal);
  });

  test.skipIf(process.platform === "win32")("refuses what is put when it was removed", async () => {
    const directory = join(newFolder(), "rows");
    const store = await openStore({ directory });
    await store.put([entry(1)]);
    rmSync(directory, { recursive: true });
    await expect(store.put([entry(2)])).rejects.toMatchObject({ code: "STORE_FAILED" });
    await store.dispose();
    await using again = await openStore({ directory });
    expect(again.kept().texts).toBe(0);
  });

  test("makes a file anew that was never finished, by many at once", async () => {
    const whole = newFolder();
    await (await openStore({ directory: whole })).dispose();
    const first = readFileSync(join(whole, "data.mdb"));
    // No transaction has been written to this page: so it was when the file was made.
    first.fill(0, 88, 160);
    for (const bytes of [0, 512, 4096]) {
      const directory = newFolder();
      writeFileSync(join(directory, "data.mdb"), first.subarray(0, bytes));
      const puts = [1, 2, 3].map((number) =>
        start(
          directory,
          `await store.put([{ key: "key-${number}", rows: new Uint8Array(9) }]); await store.dispose();`,
        ),
      );
      for (const end of await Promise.all(puts.map((child) => once(child, "close")))) expect(end).toEqual([0, null]);
      await using store = await openStore({ directory });
      expect(store.kept().texts).toBe(3);
      expect(readdirSync(directory).sort()).toEqual(["data.mdb", "lock.mdb"]);
    }
  });

  test("files that are damaged, cut off or another program's are refused, and end no process", async () => {
    const directory = newFolder();
    {
      await using store = await openStore({ directory });
      await store.put(Array.from({ length: 200 }, (_, i) => entry(i, 10_000)));
    }
    const whole = readFileSync(join(directory, "data.mdb"));
    for (const bytes of [
      Buffer.alloc(8192, 7),
      Buffer.from("text"),
      whole.subarray(0, 100),
      whole.subarray(0, 100_000),
      Buffer.concat([whole.subarray(0, 4096), Buffer.alloc(4096), whole.subarray(8192)]),
    ]) {
      const other = newFolder();
      writeFileSync(join(other, "data.mdb"), bytes);
      await expect(openStore({ directory: other })).rejects.toMatchObject({ code: "STORE_CORRUPT" });
    }
    const empty = newFolder();
    writeFileSync(join(empty, "data.mdb"), "");
    await using store = await openStore({ directory: empty });
    expect(store.kept().texts).toBe(0);
  });

  test("what another process has put can be read while it goes on, and nothing acknowledged is lost when it is killed", async () => {
    const directory = newFolder();
    for (let round = 0; round < 6; round++) {
      const child = start(
        directory,
        `for (let i = ${round} * 1000; ; i++) {
          await store.put([{ key: "key-" + i, rows: new Uint8Array(9000).fill(i % 251) }]);
          process.stdout.write(i + "\\n");
        }`,
      );
      let acknowledged = -1;
      let out = "";
      child.stdout!.on("data", (data) => {
        out += data;
        acknowledged = Number(out.split("\n").at(-2) ?? -1);
      });
      while (acknowledged < round * 1000 + 3 + 5 * round) await new Promise((resolve) => setTimeout(resolve, 5));
      await using store = await openStore({ directory });
      const [first] = await store.get([`key-${round * 1000}`]);
      expect(Uint8Array.from(first!)).toEqual(entry(round * 1000, 9000).rows);
      child.kill("SIGKILL");
      await once(child, "close");
      const keys = Array.from({ length: acknowledged - round * 1000 + 1 }, (_, i) => `key-${round * 1000 + i}`);
      const found = await store.get(keys);
      for (const [i, rows] of found.entries()) expect(rows![0]).toBe((round * 1000 + i) % 251);
      await store.put([entry(-1 - round)]);
    }
  });

  test("does not keep a process that is done", async () => {
    const child = start(newFolder(), `await store.put([{ key: "a", rows: new Uint8Array(9) }]);`);
    const [code] = await once(child, "close");
    expect(code).toBe(0);
  });
});

describe("models with a store", () => {
  const model = { directory: fixture("tiny-bert-cls"), lateInteraction: true };
  const texts = Array.from({ length: 20 }, (_, i) => `text number ${i} and so on`);
  const query = "number 7";

  function events(): BgeEvents["bge-js:keep"][] {
    const seen: BgeEvents["bge-js:keep"][] = [];
    onTestFinished(onEvent("bge-js:keep", (event) => seen.push(event)));
    return seen;
  }

  test("what was embedded in one process is not read in the next; damaged rows are read again", async () => {
    const directory = newFolder();
    await using plain = await loadReranker(model, { keep: false });
    const wanted = await plain.score(query, texts);
    {
      await using store = await openStore({ directory });
      await using embedder = await loadEmbedder(model, { keep: store });
      await embedder.embedDocuments(texts);
    }
    await using store = await openStore({ directory });
    await using reranker = await loadReranker(model, { keep: store });
    const seen = events();
    expect(await reranker.score(query, texts)).toEqual(wanted);
    expect(seen).toMatchObject([{ found: 20, read: 0, damaged: 0 }]);
    const damaging = {
      get: (keys: readonly string[]) =>
        store.get(keys).then((found) => found.map((rows, i) => (i === 4 ? rows!.map((byte) => byte ^ 1) : rows))),
      put: store.put,
    };
    await using other = await loadReranker(model, { keep: damaging });
    expect(await other.score(query, texts)).toEqual(wanted);
    expect(seen.at(-1)).toMatchObject({ found: 19, read: 1, damaged: 1 });
  });

  test("LangChain and LlamaIndex keep at indexing, and read nothing at the first question", async () => {
    await using store = await openStore({ directory: newFolder() });
    await using embeddings = new BgeEmbeddings({ model, keep: store });
    await embeddings.embedDocuments(texts.slice(0, 10));
    await using embedding = new llamaindex.BgeEmbedding({ model, keep: store });
    await embedding.getTextEmbeddings(texts.slice(10));
    expect(store.kept().texts).toBe(20);
    await using langchain = new BgeReranker({ model, keep: store });
    await using postprocessor = new llamaindex.BgeReranker({ model, keep: store });
    const seen = events();
    await langchain.rerank(texts, query);
    const nodes = texts.map((text) => ({ node: new Document({ text }) }));
    await postprocessor.postprocessNodes(nodes, query);
    expect(seen).toMatchObject([
      { found: 20, read: 0 },
      { found: 20, read: 0 },
    ]);
  });
});
