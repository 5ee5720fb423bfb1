import { setTimeout as sleep } from "node:timers/promises";
import { type BgeError, loadEmbedder } from "@bge-js/core";
import {
  type AnyDocument,
  type FailedDocument,
  type IngestOptions,
  type IngestProgress,
  ingest,
  retrieverStore,
} from "@bge-js/ingest";
import { loadRetriever } from "@bge-js/retriever";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type SeenChunk, STORES, type StoreUnderTest } from "./support/ingest-stores.js";
import { fixture } from "./support/models.js";

// Qdrant's engine behind Python takes its time on a busy machine.
vi.setConfig({ testTimeout: 240_000 });

const lines = ({ text }: AnyDocument) => text.split("\n");

const documentOf = (i: number, edition = 0): AnyDocument => ({
  id: `doc ${i}`,
  text: Array.from({ length: 1 + (i % 4) }, (_, line) => `line ${line} of ${i} in edition ${edition}`).join("\n"),
  page: i,
});

const wanted = (documents: readonly AnyDocument[]): SeenChunk[] =>
  documents
    .flatMap((document) =>
      lines(document).map((text, position) => ({
        document: document.id,
        position,
        text,
        fields: { page: document["page"] },
      })),
    )
    .sort((a, b) => (a.document < b.document ? -1 : a.document > b.document ? 1 : a.position - b.position));

const error = (promise: Promise<unknown>): Promise<BgeError> =>
  promise.then(
    () => {
      throw new Error("it resolved");
    },
    (reason) => reason,
  );

describe.each(STORES)("ingest into $name", ({ isHere, open }) => {
  describe.skipIf(!isHere)("in one process", () => {
    let under: StoreUnderTest;
    let options: IngestOptions;
    beforeEach(async () => {
      under = await open();
      options = { ...under.recipe, chunk: lines, recipe: "lines" };
    });
    afterEach(() => under[Symbol.asyncDispose]());

    test("stores chunks with their fields; a second run does only what changed; what vanished is removed if asked", async () => {
      const documents = Array.from({ length: 300 }, (_, i) => documentOf(i));
      const chunks = wanted(documents).length;
      const counts = { documents: 300, stored: 300, unchanged: 0, failed: 0, removed: 0, chunks };
      expect(await ingest(documents, options)).toEqual(counts);
      expect(await under.chunks()).toEqual(wanted(documents));

      const store = await under.reopened();
      const again = { ...options, store };
      expect(await ingest(documents, again)).toEqual({ ...counts, stored: 0, unchanged: 300, chunks: 0 });

      // Longer, shorter, other fields alone, and gone.
      const changed = documents
        .map((document, i) => {
          if (i === 5) return { ...document, text: `${document.text}\nand more\nand more` };
          if (i === 7) return { ...document, text: "short" };
          return i === 9 ? { ...document, page: -1 } : document;
        })
        .filter((_, i) => i !== 11 && i !== 12);
      const kept = [documents[11]!, documents[12]!];
      expect(await ingest(changed, again)).toMatchObject({ stored: 3, unchanged: 295, removed: 0 });
      expect(await under.chunks()).toEqual(wanted([...changed, ...kept]));
      expect(await ingest(changed, { ...again, prune: true })).toMatchObject({ stored: 0, unchanged: 298, removed: 2 });
      expect(await under.chunks()).toEqual(wanted(changed));

      const halves = { ...again, chunk: ({ text }: AnyDocument) => [text], recipe: "whole" };
      expect(await ingest(changed, halves)).toMatchObject({ stored: 298, chunks: 298 });
      expect((await under.chunks()).length).toBe(298);
    });

    test("a document given twice is one; of two with one id the later counts; a text is one by its content", async () => {
      const source = [documentOf(1), documentOf(2), documentOf(1), documentOf(2, 1), "a text", "another", "a text"];
      const report = await ingest(source, options);
      expect(report).toMatchObject({ documents: 7, stored: 5, unchanged: 2 });
      const chunks = await under.chunks();
      const named = chunks.filter(({ document }) => document.startsWith("doc"));
      expect(named).toEqual(wanted([documentOf(1), documentOf(2, 1)]));
      expect(chunks.length - named.length).toBe(2);
    });

    test("what cannot be used is set aside with its error, and all else is stored", async () => {
      const bad: [unknown, string][] = [
        [7, "must be an object"],
        [null, "must be an object"],
        [{ text: "no id" }, "needs an id"],
        [{ id: "", text: "no id" }, "needs an id"],
        [{ id: "no text" }, "needs a text"],
        [{ id: "half", text: "half \ud800" }, "surrogate"],
        [{ id: "date", text: "x", at: new Date(0) }, "class Date"],
        [{ id: "nan", text: "x", weight: Number.NaN }, "weight is NaN"],
        [{ id: "own", text: "x", ingested: 1 }, "field ingested"],
        [{ id: "thrown", text: "throw" }, "chunk failed: no such page"],
        [{ id: "none", text: "none" }, "chunk gave nothing"],
        [{ id: "number", text: "number" }, "not a string"],
        [{ id: "id in chunk", text: "id" }, "field id"],
        [
          { id: "date in chunk", text: "date" },
          "chunk 0 is kept as JSON: its field at is an object of the class Date, which JSON",
        ],
        ...(under.refused === undefined
          ? []
          : [[{ id: "refused", text: under.refused }, "SQLSTATE 22"] as [unknown, string]]),
      ];
      const chunk = (document: AnyDocument) => {
        if (document.text === "throw") throw new Error("no such page");
        if (document.text === "none") return [];
        if (document.text === "number") return ["fine", 7 as never];
        if (document.text === "date") return [{ text: "x", at: new Date(0) }];
        return document.text === "id" ? [{ text: "x", id: "mine" }] : lines(document);
      };
      const good = Array.from({ length: 70 }, (_, i) => documentOf(i));
      const source = () => good.flatMap((one, i) => (i < bad.length ? [one, bad[i]![0] as AnyDocument] : [one]));
      const failed: FailedDocument[] = [];
      const onFailed = (one: FailedDocument) => failed.push(one);
      const report = await ingest(source(), { ...options, chunk, onFailed });
      expect(report).toMatchObject({ documents: 70 + bad.length, stored: 70, failed: bad.length });
      failed.sort((a, b) => a.index! - b.index!);
      expect(failed.map(({ index }) => index)).toEqual(bad.map((_, i) => 2 * i + 1));
      for (const [i, one] of failed.entries()) {
        expect(one.error.message).toContain(bad[i]![1]);
        const { id } = (bad[i]![0] ?? {}) as { id?: string };
        expect(one.id).toBe(id === "" ? undefined : id);
      }
      expect(await under.chunks()).toEqual(wanted(good));

      // Without a listener, the call says so itself; and those that failed are tried again.
      const thrown = await error(ingest(source(), { ...options, chunk }));
      expect(thrown).toMatchObject({ code: "INVALID_INPUT", indices: bad.map((_, i) => 2 * i + 1) });
      expect(thrown.message).toContain("70 others are stored");
      // No id can be read of some: what they are may be in the store.
      const refused = await error(ingest(source(), { ...options, chunk, prune: true, onFailed }));
      expect(refused.message).toContain("Nothing was removed by prune: 4 documents have no id");
      expect(await under.chunks()).toEqual(wanted(good));
    });

    test("a source without any document removes nothing", async () => {
      await ingest([documentOf(1)], options);
      const thrown = await error(ingest([], { ...options, prune: true }));
      expect(thrown).toMatchObject({ code: "INVALID_INPUT", parameter: "documents" });
      expect(await ingest([], options)).toMatchObject({ documents: 0, stored: 0 });
      expect((await under.chunks()).length).toBe(wanted([documentOf(1)]).length);
    });

    test("a source that fails or an abort keep what was stored, and the next call goes on from there", async () => {
      const documents = Array.from({ length: 400 }, (_, i) => documentOf(i));
      async function* failing() {
        yield* documents.slice(0, 200);
        // Until some are stored.
        while ((await under.chunks()).length === 0) await sleep(5);
        throw new Error("no connection");
      }
      await expect(ingest(failing(), { ...options, prune: true })).rejects.toThrow("no connection");
      expect((await under.chunks()).length).toBeGreaterThan(0);

      const ending = new AbortController();
      const onProgress = ({ stored }: IngestProgress) => {
        if (stored > 0) ending.abort(new Error("enough"));
      };
      let closed = false;
      async function* hanging() {
        try {
          yield* documents.slice(200, 300);
          await new Promise(() => {});
        } finally {
          closed = true;
        }
      }
      const call = ingest(hanging(), { ...options, signal: ending.signal, onProgress });
      await expect(call).rejects.toThrow("enough");
      expect(closed).toBe(false);
      await expect(ingest(documents, { ...options, signal: AbortSignal.abort(new Error("before")) })).rejects.toThrow(
        "before",
      );

      const report = await ingest(documents, options);
      expect(report.stored).toBeLessThan(400);
      expect(report.stored + report.unchanged).toBe(400);
      expect(await under.chunks()).toEqual(wanted(documents));
    });
  });
});

test("a document of which a chunk fails leaves nothing behind that a later version does not remove", async () => {
  await using strict = await loadEmbedder({ directory: fixture("tiny-bert-cls") }, { truncation: "error" });
  await using retriever = await loadRetriever({ embedder: strict, reranker: false, lateInteraction: false });
  const options = { store: retrieverStore(retriever), chunk: lines, recipe: "lines", onFailed: () => undefined };
  const document = (text: readonly string[]) => ({ id: "d", text: text.join("\n") });
  const broken = ["one", "two", "long ".repeat(2000), "four", "five"];
  expect(await ingest([document(broken)], options)).toMatchObject({ stored: 0, failed: 1 });
  await ingest([document(["one", "two"])], options);
  expect(await ingest([document(["one"])], { ...options })).toMatchObject({ stored: 1 });
  expect(retriever.size).toBe(1);
});
