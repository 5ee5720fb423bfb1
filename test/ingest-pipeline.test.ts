import { setTimeout as sleep } from "node:timers/promises";
import { BgeError, type Embedder } from "@bge-js/core";
import { openTokenizer } from "@bge-js/core/adapter";
import {
  type AnyDocument,
  type FailedDocument,
  type IngestStore,
  ingest,
  postgresRows,
  postgresStore,
  retrieverStore,
} from "@bge-js/ingest";
import { qdrantStore } from "@bge-js/ingest/qdrant";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadTiny } from "./support/ingest-stores.js";
import { createStore, gate, whole } from "./support/memory-store.js";

let embedder: Embedder;
beforeAll(async () => {
  embedder = await loadTiny();
});
afterAll(() => embedder.dispose());

describe("a store of one's own", () => {
  test("is given the vectors that the model gives", async () => {
    const { store, documents } = createStore();
    const texts = Array.from({ length: 150 }, (_, i) => `text ${i} `.repeat(1 + (i % 30)));
    await ingest(texts, { store, embedder, ...whole });
    const vectors = await embedder.embedDocuments(texts);
    expect(documents.size).toBe(150);
    const byText = new Map([...documents.values()].map(({ chunks }) => [chunks[0]!.text, chunks[0]!.vector]));
    for (const [i, text] of texts.entries()) expect(byText.get(text)).toEqual(vectors[i]);
  });

  test("that is slow holds the source back", async () => {
    const { opened, open } = gate();
    const { store, documents } = createStore(() => opened);
    let drawn = 0;
    async function* source() {
      for (let i = 0; i < 2000; i++) {
        drawn++;
        yield `text ${i}`;
      }
    }
    const call = ingest(source(), { store, embedder, ...whole });
    for (let last = -1; last !== drawn || drawn === 0; await sleep(200)) last = drawn;
    expect(drawn).toBeLessThanOrEqual(257);
    open();
    expect(await call).toMatchObject({ stored: 2000 });
    expect(documents.size).toBe(2000);
  });

  test("that large documents come to holds it back by their size", async () => {
    const { opened, open } = gate();
    const { store } = createStore(() => opened);
    let drawn = 0;
    function* source() {
      for (let i = 0; i < 20; i++) {
        drawn++;
        yield { id: `id ${i}`, text: `text ${i}`, large: "x".repeat(900_000) };
      }
    }
    const call = ingest(source(), { store, embedder, ...whole });
    for (let last = -1; last !== drawn || drawn === 0; await sleep(100)) last = drawn;
    expect(drawn).toBe(4);
    open();
    expect(await call).toMatchObject({ stored: 20 });
  });

  test("that fails ends the call at once, even if the source hangs", async () => {
    const { store } = createStore(async () => {
      throw new BgeError("STORE_FAILED", "no disk");
    });
    async function* hanging() {
      yield "a text";
      await new Promise(() => {});
    }
    await expect(ingest(hanging(), { store, embedder, ...whole })).rejects.toMatchObject({ code: "STORE_FAILED" });
  });

  test("whose put says nothing of what it refused is told so", async () => {
    for (const given of [undefined, [{ id: "another", error: new BgeError("INVALID_INPUT", "no") }], [{ id: "a" }]]) {
      const { store } = createStore();
      const wrong = { ...store, put: async () => given as never };
      const call = ingest([{ id: "a", text: "a" }], { store: wrong, embedder, ...whole });
      await expect(call).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "store" });
    }
  });

  test("gets the own fields of an object of a class, if they are the document", async () => {
    class Page {
      constructor(
        readonly id: string,
        readonly text: string,
      ) {}
    }
    class Getters {
      get id() {
        return "getters";
      }
      get text() {
        return "a text";
      }
    }
    class Other extends Page {
      toJSON() {
        return { id: this.id, text: "a text" };
      }
    }
    class Throwing {
      get id(): string {
        throw new Error("no connection");
      }
      readonly text = "a text";
    }
    const { store, documents } = createStore();
    const failed: string[] = [];
    const source: unknown[] = [new Page("page", "a text"), new Getters(), new Other("other", "a text"), new Throwing()];
    source.push({ id: "own", text: "a text", toJSON: () => ({}) });
    const onFailed = ({ id, error }: FailedDocument) => void failed.push(`${id}: ${error.message}`);
    expect(await ingest(source as AnyDocument[], { store, embedder, ...whole, onFailed })).toMatchObject({
      stored: 2,
      failed: 3,
    });
    expect([...documents.keys()]).toEqual(["page", "other"]);
    expect(failed[0]).toMatch(/^getters: .*pass a plain object/);
    expect(failed[1]).toMatch(/^undefined: .*no connection/);
    expect(failed[2]).toMatch(/^own: .*its field toJSON is a method, which JSON/);
  });

  test("tells how far it is; what a listener throws ends the call", async () => {
    const { store } = createStore();
    const seen: number[] = [];
    const texts = Array.from({ length: 200 }, (_, i) => `text ${i}`);
    const onProgress = ({ stored, unchanged, failed }: { stored: number; unchanged: number; failed: number }) =>
      seen.push(stored + unchanged + failed);
    await ingest([...texts, 7 as never], { store, embedder, ...whole, onProgress, onFailed: () => {} });
    expect(seen).toEqual(Array.from({ length: 201 }, (_, i) => i + 1));
    const stop = () => {
      throw new Error("stop");
    };
    await expect(ingest(["new"], { store, embedder, ...whole, onProgress: stop })).rejects.toThrow("stop");
    await expect(ingest([7 as never], { store, embedder, ...whole, onFailed: stop })).rejects.toThrow("stop");
  });
});

describe("without chunk", () => {
  const textsOf = async (text: string) => {
    const { store, documents } = createStore();
    await ingest([{ id: "one", text }], { store, embedder });
    return documents.get("one")!.chunks.map((chunk) => chunk.text);
  };

  test("a document is divided into chunks that the model reads whole, and no word is lost", async () => {
    const { encode, room } = openTokenizer(embedder, {});
    const word = fc.constantFrom("train", "ticket", "dog. ", "Zürich", "E-4712", "a", "valley! ", "\n\n", "𝒳", "小狗");
    await fc.assert(
      fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 12_000 }), async (words) => {
        const text = words.join(" ");
        fc.pre(text.trim() !== "");
        const windows = await textsOf(text);
        let from = 0;
        let covered = 0;
        for (const window of windows) {
          expect(encode(window).length).toBeLessThanOrEqual(room);
          expect(window.isWellFormed()).toBe(true);
          const at = text.indexOf(window, from);
          expect(at).toBeGreaterThanOrEqual(0);
          // Nothing but white space between one window and the next.
          expect(text.slice(covered, Math.max(covered, at)).trim()).toBe("");
          covered = Math.max(covered, at + window.length);
          from = at + 1;
        }
        expect(text.slice(covered).trim()).toBe("");
      }),
      { numRuns: 15 },
    );
  });

  test("a short one is one chunk; a blank one has none, and says so", async () => {
    expect(await textsOf("A penguin is a bird. It cannot fly.\n")).toEqual(["A penguin is a bird. It cannot fly."]);
    await expect(textsOf(" \n ")).rejects.toMatchObject({ code: "INVALID_INPUT", indices: [0] });
  });
});

describe("refuses", () => {
  const { store } = createStore();
  const reading: IngestStore = { ...store, embedder: {} as Embedder };

  test.each<[string, (embedder: Embedder) => unknown, string]>([
    ["no store", (embedder) => ({ embedder }), "store"],
    ["a store that is none", (embedder) => ({ store: {}, embedder }), "store"],
    ["no model", () => ({ store }), "embedder"],
    ["a model that is none", () => ({ store, embedder: {} }), "embedder"],
    ["a model beside that of the store", (embedder) => ({ store: reading, embedder }), "embedder"],
    ["chunk without its name", (embedder) => ({ store, embedder, chunk: () => [] }), "recipe"],
    ["a name of nothing", (embedder) => ({ store, embedder, recipe: "lines" }), "recipe"],
    ["an empty name", (embedder) => ({ store, embedder, chunk: () => [], recipe: "" }), "recipe"],
    ["chunk that is none", (embedder) => ({ store, embedder, chunk: "lines" }), "chunk"],
    ["prune that is none", (embedder) => ({ store, embedder, prune: 1 }), "prune"],
    ["a signal that is none", (embedder) => ({ store, embedder, signal: {} }), "signal"],
    ["listeners that are none", (embedder) => ({ store, embedder, onProgress: 1 }), "onProgress"],
    ["listeners that are none", (embedder) => ({ store, embedder, onFailed: 1 }), "onFailed"],
    ["what it does not know", (embedder) => ({ store, embedder, batchSize: 1 }), "batchSize"],
  ])("%s", async (_, optionsOf, parameter) => {
    await expect(ingest(["a"], optionsOf(embedder) as never)).rejects.toMatchObject({
      code: "INVALID_OPTION",
      parameter,
    });
  });

  test("documents that are none", async () => {
    for (const documents of ["text", 7, null, {}]) {
      const call = ingest(documents as never, { store, embedder });
      await expect(call).rejects.toMatchObject({ code: "INVALID_INPUT", parameter: "documents" });
    }
  });

  test("stores that are none", async () => {
    const query = async () => ({ rows: [] });
    for (const retriever of [undefined, null, {}, "x"]) {
      expect(() => retrieverStore(retriever as never)).toThrow(expect.objectContaining({ parameter: "retriever" }));
      expect(() => qdrantStore(retriever as never)).toThrow(expect.objectContaining({ parameter: "retriever" }));
    }
    for (const [options, parameter] of [
      [{}, "query"],
      [{ query: 1 }, "query"],
      [{ query, table: "Docs" }, "table"],
      [{ query, table: 'd"; DROP TABLE x' }, "table"],
      [{ query, type: "bit" }, "type"],
      [{ query, more: 1 }, "more"],
    ] as const) {
      expect(() => postgresStore(options as never)).toThrow(
        expect.objectContaining({ code: "INVALID_OPTION", parameter }),
      );
    }
    for (const [options, parameter] of [
      [{}, "query"],
      [{ query, table: 7 }, "table"],
    ] as const) {
      await expect(postgresRows(options as never)).rejects.toMatchObject({ code: "INVALID_OPTION", parameter });
    }
  });
});
