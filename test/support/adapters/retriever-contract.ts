import { type Embedder, loadEmbedder } from "@bge-js/core";
import type { RetrieverFields } from "@bge-js/core/adapter";
import {
  type AnyDocument,
  loadRetriever,
  type Retriever,
  type RetrieverOptions,
  type SkippedStage,
} from "@bge-js/retriever";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  copyOf,
  expectDisposed,
  expectEnded,
  type RankedUnderTest,
  rejection,
  TINY_EMBEDDER,
  TINY_RERANKER,
  workersStarted,
} from "./contract.js";

/** A retriever adapter as the suite calls it; the frameworks' own method names differ. */
export interface RetrieverAdapterUnderTest {
  /** `accept` tells by its id whether the filter takes a document. */
  retriever(input?: Retriever | RetrieverInput, accept?: (id: string | undefined) => boolean): RetrieverUnderTest;
  /** The same by the adapter's static function. */
  filled(documents: readonly unknown[], input: Retriever | RetrieverInput): Promise<RetrieverUnderTest>;
  /** A document of the framework, frozen all through. */
  document(id: string, text: string): unknown;
}

export type RetrieverInput = Omit<RetrieverFields<never, Retriever>, "filter"> & RetrieverOptions;

export interface RetrieverUnderTest extends AsyncDisposable {
  add(documents: readonly unknown[], options?: { readonly signal?: AbortSignal }): Promise<unknown>;
  remove(ids: readonly string[]): Promise<void>;
  search(query: string): Promise<readonly RankedUnderTest[]>;
  dispose(): Promise<void>;
}

const TEXTS = [
  "a cat sat on a mat",
  "the moon is far away",
  "cats and dogs",
  "a dog ran to the moon",
  "the mat is red",
  "no cat is a dog",
];
const QUERY = "where is the cat?";
const NO_MORE = { reranker: false, lateInteraction: false } as const;
const LOAD = { load: { workers: 1, threads: 1 } } as const;
const PLAIN = { embedder: TINY_EMBEDDER, ...NO_MORE, ...LOAD };

/** What every retriever adapter must do; what differs between frameworks is in their own test files. */
export function testRetrieverAdapter(adapter: RetrieverAdapterUnderTest): void {
  const started = workersStarted();
  const documents = TEXTS.map((text, index) => adapter.document(`id-${index}`, text));
  const idsOf = (ranked: readonly { readonly id: string | undefined }[]) => ranked.map(({ id }) => id);
  let embedder: Embedder;
  /** Of core, with the same documents: what the adapters must give. */
  let core: Retriever;

  const filledCore = async (options: RetrieverOptions): Promise<Retriever> => {
    const retriever = await loadRetriever(options);
    await retriever.add(TEXTS.map((text, index): AnyDocument => ({ id: `id-${index}`, text })));
    return retriever;
  };

  beforeAll(async () => {
    embedder = await loadEmbedder(TINY_EMBEDDER, { workers: 1, threads: 1 });
    core = await filledCore({ embedder, ...NO_MORE });
  });
  afterAll(async () => {
    await core.dispose();
    await embedder.dispose();
  });

  it("finds what core finds, with its scores, and keeps ids and metadata", async () => {
    await using retriever = adapter.retriever({ embedder, ...NO_MORE, topN: 10 });
    await retriever.add(documents);
    const found = await retriever.search(QUERY);
    const { results } = await core.search(QUERY);
    expect(results).toHaveLength(TEXTS.length);
    expect(idsOf(found)).toEqual(idsOf(results));
    for (const [rank, { id, text, metadata, score }] of found.entries()) {
      expect(text).toBe(results[rank]!.document.text);
      expect(metadata).toMatchObject({ source: id, nested: { kept: true } });
      expect(score).toBeCloseTo(results[rank]!.score, 6);
    }
  });

  it("hands the options of loadRetriever to core, a cross-encoder among them", async () => {
    const options = { embedder, reranker: TINY_RERANKER, ...LOAD } as const;
    const candidates = { crossEncoder: 2 };
    const weights = { lexical: 0, dense: 1, crossEncoder: 100 };
    await using expected = await filledCore({ ...options, candidates, weights, lateInteraction: false });
    expect(expected.stages).toContain("crossEncoder");
    await using retriever = await adapter.filled(documents, {
      ...options,
      candidates,
      weights,
      lateInteraction: false,
      topN: 6,
    });
    const found = await retriever.search(QUERY);
    const { results } = await expected.search(QUERY);
    expect(idsOf(found)).toEqual(idsOf(results));
    expect(found.map(({ score }) => score)).toEqual(results.map(({ score }) => expect.closeTo(score, 4)));
    // The cross-encoder alone decides about the two that it has read.
    expect(results.filter(({ scores }) => scores.crossEncoder !== undefined)).toHaveLength(2);
    const { results: without } = await core.search(QUERY);
    expect(found.map(({ score }) => score)).not.toEqual(without.map(({ score }) => expect.closeTo(score, 4)));
  });

  it("gives 3 by default, topN where given, all where topN is more, and none of none", async () => {
    for (const [topN, length] of [[undefined, 3] as const, [1, 1] as const, [99, TEXTS.length] as const]) {
      await using retriever = adapter.retriever({ embedder, ...NO_MORE, ...(topN && { topN }) });
      expect(await retriever.search(QUERY)).toEqual([]);
      await retriever.add([]);
      await retriever.add(documents);
      expect(await retriever.search(QUERY)).toHaveLength(length);
    }
  });

  it("puts a document in the place of one with the same id, and takes documents out", async () => {
    await using retriever = adapter.retriever({ embedder, ...NO_MORE, topN: 10 });
    await retriever.add(documents);
    await retriever.add([adapter.document("id-0", "the price of bread")]);
    const found = await retriever.search("the price of bread");
    expect(found).toHaveLength(TEXTS.length);
    expect(found.find(({ id }) => id === "id-0")!.text).toBe("the price of bread");
    await retriever.remove(["id-0", "id-3", "nobody"]);
    expect(idsOf(await retriever.search(QUERY)).sort()).toEqual(["id-1", "id-2", "id-4", "id-5"]);
  });

  it("asks the filter about the framework's documents", async () => {
    await using retriever = adapter.retriever({ embedder, ...NO_MORE }, (id) => id === "id-4" || id === "id-1");
    await retriever.add(documents);
    expect(idsOf(await retriever.search(QUERY)).sort()).toEqual(["id-1", "id-4"]);
  });

  it("gives nothing where the filter gives a promise, and refuses a promise of a retriever", async () => {
    const accept = (async (id: string | undefined) => id === "id-4") as unknown as (id: string | undefined) => boolean;
    await using retriever = adapter.retriever({ embedder, ...NO_MORE }, accept);
    await retriever.add(documents);
    await expect(retriever.search(QUERY)).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "filter" });
    const late = Promise.resolve(core) as unknown as Retriever;
    const refused = expect.objectContaining({ code: "INVALID_OPTION", parameter: "retriever" });
    expect(() => adapter.retriever(late)).toThrow(refused);
    expect(() => adapter.retriever({ retriever: late })).toThrow(refused);
  });

  it("tells what a budget has skipped: to onSkipped, else by one process warning", async () => {
    const told: [readonly SkippedStage[], string][] = [];
    const onSkipped = (skipped: readonly SkippedStage[], query: string) => told.push([skipped, query]);
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on("warning", onWarning);
    try {
      await using telling = adapter.retriever({ embedder, ...NO_MORE, budgetMs: 0.001, onSkipped });
      await telling.add(documents);
      // Words are found in any case.
      expect(idsOf(await telling.search("red"))).toEqual(["id-4"]);
      expect(told).toEqual([[[{ stage: "dense", scored: 0, candidates: TEXTS.length }], "red"]]);

      await using warning = adapter.retriever({ embedder, ...NO_MORE, budgetMs: 0.001 });
      await warning.add(documents);
      await warning.search("red");
      await warning.search("red");
      await new Promise((resolve) => setImmediate(resolve)); // warnings come in the next turn
      const skips = warnings.filter((one) => "code" in one && one.code === "BGE_SKIPPED");
      expect(skips.map(({ message }) => message)).toEqual([expect.stringContaining("dense read 0 of 6")]);

      await using plenty = adapter.retriever({ embedder, ...NO_MORE, budgetMs: 600_000, onSkipped });
      await plenty.add(documents);
      await plenty.search("red");
      expect(told).toHaveLength(1);
    } finally {
      process.off("warning", onWarning);
    }
  });

  it("loads once for concurrent first calls, nothing before them, and frees it", async () => {
    using folder = copyOf(TINY_EMBEDDER);
    const retriever = adapter.retriever({ ...PLAIN, embedder: folder.complete() });
    expect(started.length).toBe(0);
    await Promise.all([retriever.add(documents), ...TEXTS.map((text) => retriever.search(text))]);
    expect(started.length).toBe(1);
    await retriever.dispose();
    await expectEnded(started);
    await expectDisposed(retriever.search(QUERY));
    await expectDisposed(retriever.add(documents));
    await expectDisposed(retriever.remove(["id-0"]));
  });

  it("tries a failed load again on the next call", async () => {
    using folder = copyOf(TINY_EMBEDDER);
    await using retriever = adapter.retriever({ ...PLAIN, embedder: folder.path });
    const failed = await Promise.allSettled([retriever.search(QUERY), retriever.add(documents)]);
    for (const outcome of failed) {
      expect(outcome).toMatchObject({ status: "rejected", reason: { name: "BgeError", code: "MODEL_NOT_FOUND" } });
    }
    folder.complete();
    await retriever.add(documents);
    expect(await retriever.search(QUERY)).toHaveLength(3);
  });

  it("disposes before the first call, and during a load", async () => {
    const unused = adapter.retriever(PLAIN);
    await unused.dispose();
    await unused.dispose();
    await expectDisposed(unused.search(QUERY));
    expect(started.length).toBe(0);

    using folder = copyOf(TINY_EMBEDDER);
    const early = adapter.retriever({ ...PLAIN, embedder: folder.complete() });
    const call = expectDisposed(early.search(QUERY));
    await early.dispose();
    await call;
    await expectEnded(started);
  });

  it("shares a loaded retriever with its documents, and leaves it to its owner", async () => {
    for (const input of [core, { retriever: core, topN: 10 }]) {
      const retriever = adapter.retriever(input);
      const found = await retriever.search(QUERY);
      const { results } = await core.search(QUERY, { topN: input === core ? 3 : 10 });
      expect(idsOf(found)).toEqual(idsOf(results));
      await retriever.dispose();
      await expectDisposed(retriever.search(QUERY));
    }
    expect(started.length).toBe(0);
    expect((await core.search(QUERY)).results).toHaveLength(TEXTS.length);
  });

  it("gives the further fields of another's documents as metadata", async () => {
    await using shared = await loadRetriever({ embedder, ...NO_MORE });
    const elsewhere: AnyDocument[] = [
      { id: "fields", text: "one", page: 12, tags: ["a"] },
      { id: "metadata", text: "two", page: 12, metadata: { page: 13, file: "b" } },
      { id: "no object", text: "three", metadata: "c" },
    ];
    await shared.add(elsewhere);
    await shared.add(["four"]);
    const retriever = adapter.retriever({ retriever: shared, topN: 10 });
    const found = new Map((await retriever.search(QUERY)).map((one) => [one.id, one]));
    expect(found.get("fields")).toMatchObject({ text: "one", metadata: { page: 12, tags: ["a"] } });
    expect(found.get("metadata")).toMatchObject({ text: "two", metadata: { page: 13, file: "b" } });
    expect(found.get("no object")).toMatchObject({ text: "three", metadata: { metadata: "c" } });
    expect(found.get("#0")!.text).toBe("four");
    expect(found.get("fields")!.metadata).not.toHaveProperty("text");
  });

  it("fills by its static function, and frees what was loaded if that fails", async () => {
    using folder = copyOf(TINY_EMBEDDER);
    const input = { ...PLAIN, embedder: folder.complete() };
    const call = adapter.filled([...documents, adapter.document("bad", "\ud800")], input);
    expect(await rejection(call)).toMatchObject({ code: "INVALID_INPUT", index: TEXTS.length });
    expect(started.length).toBe(1);
    await expectEnded(started);
    await using retriever = await adapter.filled(documents, { embedder, ...NO_MORE });
    expect(await retriever.search(QUERY)).toHaveLength(3);
  });

  it("names documents that cannot be used, and adds the others", async () => {
    await using retriever = adapter.retriever({ embedder, ...NO_MORE, topN: 10 });
    const mixed = [documents[0], null, adapter.document("bad", "\ud800"), "a string", documents[1], {}];
    expect(await rejection(retriever.add(mixed))).toMatchObject({
      name: "BgeError",
      code: "INVALID_INPUT",
      parameter: "documents",
      indices: [1, 2, 3, 5],
    });
    expect(idsOf(await retriever.search(QUERY)).sort()).toEqual(["id-0", "id-1"]);
    for (const nothing of [undefined, "text", { documents }]) {
      // @ts-expect-error JavaScript can
      expect(await rejection(retriever.add(nothing))).toMatchObject({ name: "BgeError", code: "INVALID_INPUT" });
    }
    // @ts-expect-error JavaScript can
    expect(await rejection(retriever.remove("id-0"))).toMatchObject({ code: "INVALID_INPUT", parameter: "ids" });
    expect(await rejection(retriever.search(" "))).toMatchObject({ code: "INVALID_INPUT", parameter: "query" });
  });

  it("refuses options that cannot be meant", async () => {
    const invalid = (parameter: string) => expect.objectContaining({ code: "INVALID_OPTION", parameter });
    expect(() => adapter.retriever({ retriever: core, weights: { dense: 1 } })).toThrow(invalid("weights"));
    expect(() => adapter.retriever(embedder as unknown as Retriever)).toThrow(invalid("retriever"));
    for (const nothing of [null, "BAAI/bge-small-en-v1.5", { retriever: null }, { retriever: "x" }]) {
      expect(() => adapter.retriever(nothing as unknown as Retriever)).toThrow(invalid("retriever"));
    }
    expect(() => adapter.retriever({ onSkipped: true } as unknown as RetrieverInput)).toThrow(invalid("onSkipped"));
    expect(() => adapter.retriever({}, true as unknown as () => boolean)).toThrow(invalid("filter"));
    for (const [name, value] of Object.entries({ batchSize: 10, topN: 0, budgetMs: -1 })) {
      await using retriever = adapter.retriever({ embedder, ...NO_MORE, [name]: value });
      expect(await rejection(retriever.search(QUERY))).toMatchObject({ code: "INVALID_OPTION", parameter: name });
    }
  });

  it("aborts by the signal of its options, and adding by its own, too", async () => {
    const controller = new AbortController();
    await using retriever = adapter.retriever({ embedder, ...NO_MORE, signal: controller.signal });
    await retriever.add(documents);
    const own = AbortSignal.abort(new Error("no more"));
    expect(await rejection(retriever.add(documents, { signal: own }))).toBe(own.reason);
    const many = Array.from({ length: 2000 }, (_, i) => adapter.document(`many-${i}`, `text ${i}`));
    const call = rejection(retriever.add(many));
    controller.abort(new Error("enough"));
    expect(await call).toBe(controller.signal.reason);
    expect(await rejection(retriever.search(QUERY))).toBe(controller.signal.reason);
    // Nor is a load begun, or waited for.
    await using unloaded = adapter.retriever({ ...PLAIN, signal: controller.signal });
    expect(await rejection(unloaded.search(QUERY))).toBe(controller.signal.reason);
    expect(started.length).toBe(0);
    using folder = copyOf(TINY_EMBEDDER);
    const early = new AbortController();
    await using loading = adapter.retriever({ ...PLAIN, embedder: folder.complete(), signal: early.signal });
    const first = rejection(loading.add(documents));
    early.abort(new Error("enough"));
    expect(await first).toBe(early.signal.reason);
  });

  it("leaves frozen documents as they are, and does not see what the caller does to the list", async () => {
    const before = JSON.stringify(documents);
    await using retriever = adapter.retriever({ embedder, ...NO_MORE });
    const list = [...documents];
    const call = retriever.add(list);
    list.length = 0;
    await call;
    expect(await retriever.search(QUERY)).toHaveLength(3);
    expect(JSON.stringify(documents)).toBe(before);
  });

  it("holds 2,000 documents", async () => {
    const many = Array.from({ length: 2000 }, (_, i) => adapter.document(`${i}`, `document ${i} of many`));
    await using retriever = await adapter.filled(many, { embedder, ...NO_MORE, weights: { dense: 0 } });
    const [first] = await retriever.search("1234");
    expect(first).toMatchObject({ id: "1234", text: "document 1234 of many" });
  });
}
