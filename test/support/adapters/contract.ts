import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Worker } from "node:worker_threads";
import { BgeError, type Embedder, loadEmbedder, loadReranker, type ModelReference, type Reranker } from "@bge-js/core";
import type { AdapterFields, AdapterModel } from "@bge-js/core/adapter";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

/** Random weights, committed: everything but quality can be tested with them, and fast. */
export const TINY_EMBEDDER = fileURLToPath(new URL("../../fixtures/tiny-bert-cls", import.meta.url));
export const TINY_RERANKER = fileURLToPath(new URL("../../fixtures/tiny-bert-reranker", import.meta.url));
/** In the place of the trained cross-encoder of the default reranker. */
export const TINY_FUSED: ModelReference = { id: "bge-js/reranker-small-en", directory: TINY_RERANKER };

/** An adapter as the suite calls it; the frameworks' own method names differ. */
export interface AdapterUnderTest {
  embeddings(input?: AdapterModel<Embedder> | AdapterFields<Embedder>): EmbeddingsUnderTest;
  reranker(input?: AdapterModel<Reranker> | RerankerInput): RerankerUnderTest;
  /** A document of the framework, frozen all through. */
  document(id: string, text: string): unknown;
}

export interface EmbeddingsUnderTest extends AsyncDisposable {
  documents(texts: readonly string[]): Promise<number[][]>;
  query(text: string): Promise<number[]>;
  dispose(): Promise<void>;
}

export interface RerankerUnderTest extends AsyncDisposable {
  rank(documents: readonly unknown[], query: string): Promise<RankedUnderTest[]>;
  dispose(): Promise<void>;
}

export interface RerankerInput extends AdapterFields<Reranker> {
  readonly topN?: number;
  readonly threshold?: number;
}

export interface RankedUnderTest {
  readonly id: string | undefined;
  readonly text: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly score: number | undefined;
}

const TEXTS = ["a cat sat on a mat", "the moon is far away", "", "cats and dogs", "a cat sat on a mat"];
const QUERY = "where is the cat?";

/** What every adapter must do; what differs between frameworks is in their own test files. */
export function testAdapter(adapter: AdapterUnderTest): void {
  const started = workersStarted();
  let embedder: Embedder;
  let reranker: Reranker;

  beforeAll(async () => {
    embedder = await loadEmbedder(TINY_EMBEDDER, { workers: 1, threads: 1 });
    reranker = await loadReranker(TINY_RERANKER, { workers: 1, threads: 1, scale: "sigmoid" });
  });
  afterAll(async () => {
    await embedder.dispose();
    await reranker.dispose();
  });

  describe("embeddings", () => {
    it("gives core's vectors as plain arrays of numbers, in input order", async () => {
      await using embeddings = adapter.embeddings({ model: TINY_EMBEDDER, workers: 1 });
      const vectors = await embeddings.documents(TEXTS);
      const expected = await embedder.embedDocuments(TEXTS);
      expect(vectors.length).toBe(TEXTS.length);
      for (const [index, vector] of vectors.entries()) expectSame(vector, expected[index]!);
      expectSame(await embeddings.query(QUERY), await embedder.embedQuery(QUERY));
    });

    it("gives [] for [] and one dimension everywhere", async () => {
      const embeddings = adapter.embeddings(embedder);
      expect(await embeddings.documents([])).toEqual([]);
      const vectors = [
        ...(await embeddings.documents(TEXTS)),
        await embeddings.query(QUERY),
        await embeddings.query(""),
      ];
      expect(new Set(vectors.map((vector) => vector.length))).toEqual(new Set([embedder.spec.dimensions]));
    });

    it("puts the query instruction before a query exactly once, and before no document", async () => {
      const embeddings = adapter.embeddings(embedder);
      const instruction = embedder.spec.queryInstruction;
      expect(instruction).not.toBe("");
      const [plain, instructed, twice] = await embedder.embedDocuments([
        QUERY,
        instruction + QUERY,
        instruction + instruction + QUERY,
      ]);
      const asQuery = await embeddings.query(QUERY);
      expectSame(asQuery, instructed!);
      expect(distance(asQuery, plain!)).toBeGreaterThan(1e-3);
      expect(distance(asQuery, twice!)).toBeGreaterThan(1e-3);
      const [asDocument] = await embeddings.documents([QUERY]);
      expectSame(asDocument!, plain!);
    });

    it("hands load options to core", async () => {
      await using embeddings = adapter.embeddings({
        model: { directory: TINY_EMBEDDER },
        workers: 1,
        dimensions: 8,
        queryInstruction: false,
      });
      const [asDocument] = await embeddings.documents([QUERY]);
      expect(asDocument!.length).toBe(8);
      expectSame(await embeddings.query(QUERY), asDocument!);
    });

    it("takes a bare reference, as model packages export it", async () => {
      await using embeddings = adapter.embeddings({ directory: TINY_EMBEDDER, pooling: "mean" });
      const [vector] = await embeddings.documents(["a cat sat"]);
      const [cls] = await embedder.embedDocuments(["a cat sat"]);
      expect(distance(vector!, cls!)).toBeGreaterThan(1e-3);
    });

    it("loads once for concurrent first calls, and nothing before them", async () => {
      using folder = copyOf(TINY_EMBEDDER);
      const embeddings = adapter.embeddings({ model: folder.complete(), workers: 1 });
      expect(started.length).toBe(0);
      await Promise.all([...TEXTS.map((text) => embeddings.query(text)), embeddings.documents(TEXTS)]);
      await embeddings.query(QUERY);
      expect(started.length).toBe(1);
      // Core lets two loads of a file share workers, which then outlive the one dispose.
      await embeddings.dispose();
      await expectEnded(started);
    });

    it("tries a failed load again on the next call", async () => {
      using folder = copyOf(TINY_EMBEDDER);
      await using embeddings = adapter.embeddings({ model: folder.path, workers: 1 });
      const failed = await Promise.allSettled([embeddings.query(QUERY), embeddings.documents(TEXTS)]);
      for (const outcome of failed) {
        expect(outcome).toMatchObject({ status: "rejected", reason: { name: "BgeError", code: "MODEL_NOT_FOUND" } });
      }
      folder.complete();
      expectSame(await embeddings.query(QUERY), await embedder.embedQuery(QUERY));
    });

    it("disposes before the first call without loading", async () => {
      const embeddings = adapter.embeddings(TINY_EMBEDDER);
      await embeddings.dispose();
      await embeddings.dispose();
      await expectDisposed(embeddings.query(QUERY));
      expect(started.length).toBe(0);
    });

    it("rejects calls after dispose, and frees what it loaded, even by a load under way", async () => {
      using folder = copyOf(TINY_EMBEDDER);
      const embeddings = adapter.embeddings({ model: folder.complete(), workers: 1 });
      const early = expectDisposed(embeddings.query(QUERY));
      await embeddings.dispose();
      await early;
      expect(started.length).toBe(1);
      await expectDisposed(embeddings.query(QUERY));
      await expectDisposed(embeddings.documents(TEXTS));
      await expectEnded(started);
    });

    it("disposes after a failed load without loading again", async () => {
      const embeddings = adapter.embeddings("./no-such-folder");
      await expect(embeddings.query(QUERY)).rejects.toMatchObject({ code: "MODEL_NOT_FOUND" });
      await embeddings.dispose();
      await expectDisposed(embeddings.query(QUERY));
    });

    it("shares a loaded embedder and leaves it to its owner", async () => {
      for (const input of [embedder, { model: embedder }]) {
        const embeddings = adapter.embeddings(input);
        expectSame(await embeddings.query(QUERY), await embedder.embedQuery(QUERY));
        await embeddings.dispose();
        await expectDisposed(embeddings.query(QUERY));
      }
      expect(started.length).toBe(0);
      expect((await embedder.embedQuery(QUERY)).length).toBe(embedder.spec.dimensions);
    });

    it("refuses what cannot be meant", async () => {
      const invalid = (parameter: string) => expect.objectContaining({ code: "INVALID_OPTION", parameter });
      expect(() => adapter.embeddings({ model: embedder, dimensions: 8 })).toThrow(invalid("dimensions"));
      expect(() => adapter.embeddings(reranker as unknown as Embedder)).toThrow(invalid("model"));
      expect(() => adapter.embeddings({ model: TINY_EMBEDDER, directory: TINY_EMBEDDER })).toThrow(invalid("model"));
      // Without its await, a promise would pass for no model and no options.
      const late = Promise.resolve(embedder) as unknown as Embedder;
      expect(() => adapter.embeddings(late)).toThrow(invalid("model"));
      await expect(adapter.embeddings({ model: late }).query(QUERY)).rejects.toMatchObject({ parameter: "model" });
      // @ts-expect-error JavaScript can
      expect(() => adapter.embeddings(null)).toThrow(invalid("model"));
      // @ts-expect-error an option of other adapters
      const embeddings = adapter.embeddings({ model: TINY_EMBEDDER, batchSize: 10 });
      await expect(embeddings.query(QUERY)).rejects.toMatchObject({ code: "INVALID_OPTION", parameter: "batchSize" });
    });

    it("rejects with typed errors that name the inputs at fault", async () => {
      const embeddings = adapter.embeddings(embedder);
      // @ts-expect-error numbers are no texts
      const error = await rejection(embeddings.documents(["good", 1, "good", "\ud800"]));
      expect(error).toBeInstanceOf(BgeError);
      expect(error).toMatchObject({ code: "INVALID_INPUT", index: 1, indices: [1, 3] });
      await expect(adapter.embeddings(TINY_RERANKER).query(QUERY)).rejects.toBeInstanceOf(BgeError);
    });

    it("aborts by the signal of its options", async () => {
      const controller = new AbortController();
      const embeddings = adapter.embeddings({ model: embedder, signal: controller.signal });
      expectSame(await embeddings.query(QUERY), await embedder.embedQuery(QUERY));
      const call = rejection(embeddings.documents(Array.from({ length: 2000 }, (_, i) => `text ${i}`)));
      controller.abort(new Error("enough"));
      expect(await call).toBe(controller.signal.reason);
      expect(await rejection(embeddings.query(QUERY))).toBe(controller.signal.reason);
    });

    it("leaves frozen input as it is", async () => {
      const texts = Object.freeze([...TEXTS]);
      const embeddings = adapter.embeddings(Object.freeze({ model: embedder }));
      expect((await embeddings.documents(texts)).length).toBe(TEXTS.length);
    });

    it("embeds 5,000 documents", async () => {
      const texts = Array.from({ length: 5000 }, (_, i) => `document ${i} of many ${"word ".repeat(i % 7)}`);
      const vectors = await adapter.embeddings(embedder).documents(texts);
      expect(vectors.length).toBe(5000);
      for (const index of [0, 1, 511, 512, 513, 2500, 4999]) {
        const [expected] = await embedder.embedDocuments([texts[index]!]);
        expectSame(vectors[index]!, expected!);
      }
    });
  });

  describe("reranker", () => {
    const documents = TEXTS.map((text, index) => adapter.document(`id-${index}`, text));

    it("ranks as core does, keeps ids and metadata, and gives the score", async () => {
      await using ranker = adapter.reranker({ model: TINY_RERANKER, workers: 1, topN: TEXTS.length });
      const ranked = await ranker.rank(documents, QUERY);
      const expected = await reranker.rerank(QUERY, TEXTS);
      expect(ranked.map(({ id }) => id)).toEqual(expected.map(({ index }) => `id-${index}`));
      ranked.forEach(({ text, metadata, score }, rank) => {
        const { index, score: wanted } = expected[rank]!;
        expect(text).toBe(TEXTS[index]);
        expect(metadata).toMatchObject({ source: `id-${index}`, nested: { kept: true } });
        expect(score).toBeCloseTo(wanted, 5);
        expect(score).toBeGreaterThan(0);
        expect(score).toBeLessThan(1);
      });
    });

    it("keeps 3 by default, topN where given, all where topN is more", async () => {
      expect((await adapter.reranker(reranker).rank(documents, QUERY)).length).toBe(3);
      expect((await adapter.reranker({ model: reranker, topN: 1 }).rank(documents, QUERY)).length).toBe(1);
      expect((await adapter.reranker({ model: reranker, topN: 99 }).rank(documents, QUERY)).length).toBe(5);
    });

    it("keeps what reaches the threshold", async () => {
      const [first, second] = await reranker.rerank(QUERY, TEXTS);
      const threshold = second!.score;
      const ranked = await adapter.reranker({ model: reranker, topN: 5, threshold }).rank(documents, QUERY);
      expect(ranked.length).toBe((await reranker.rerank(QUERY, TEXTS, { threshold })).length);
      expect(ranked[0]!.score).toBeCloseTo(first!.score, 6);
    });

    it("takes no document, one, and duplicates in input order", async () => {
      const ranker = adapter.reranker({ model: reranker, topN: 10 });
      expect(await ranker.rank([], QUERY)).toEqual([]);
      expect((await ranker.rank(documents.slice(0, 1), QUERY)).map(({ id }) => id)).toEqual(["id-0"]);
      const same = Array.from({ length: 6 }, (_, i) => adapter.document(`same-${i}`, "one text"));
      expect((await ranker.rank(same, QUERY)).map(({ id }) => id)).toEqual(same.map((_, i) => `same-${i}`));
    });

    it("leaves frozen documents as they are", async () => {
      const before = JSON.stringify(documents);
      await adapter.reranker(reranker).rank(Object.freeze([...documents]), QUERY);
      expect(JSON.stringify(documents)).toBe(before);
    });

    it("gives the raw logit on request", async () => {
      await using ranker = adapter.reranker({ model: TINY_RERANKER, workers: 1, scale: "logit" });
      const [best] = await ranker.rank(documents, QUERY);
      const [expected] = await reranker.rerank(QUERY, TEXTS);
      expect(1 / (1 + Math.exp(-best!.score!))).toBeCloseTo(expected!.score, 5);
    });

    it("ranks as core's fused reranker does", async () => {
      await using fused = await loadReranker(TINY_FUSED, { scale: "fused" });
      await using ranker = adapter.reranker({ model: TINY_FUSED, scale: "fused", topN: TEXTS.length });
      const ranked = await ranker.rank(documents, QUERY);
      const expected = await fused.rerank(QUERY, TEXTS);
      expect(ranked.map(({ id }) => id)).toEqual(expected.map(({ index }) => `id-${index}`));
      for (const [rank, { score }] of ranked.entries()) expect(score).toBeCloseTo(expected[rank]!.score, 4);
      // Of z-scores the least is under 0, which a sigmoid or one of these cosines is not.
      expect(ranked.at(-1)!.score).toBeLessThan(0);

      const refused = expect.objectContaining({ code: "INVALID_OPTION", parameter: "threshold" });
      expect(() => adapter.reranker({ model: fused, threshold: 0.5 })).toThrow(refused);
    });

    it("refuses a threshold of fused scores, and says what to do", async () => {
      const message = /use scale "sigmoid" or "logit"/;
      const refused = expect.objectContaining({
        code: "INVALID_OPTION",
        parameter: "threshold",
        message: expect.stringMatching(message),
      });
      for (const input of [{ scale: "fused" }, { model: TINY_FUSED, scale: "fused" }] as const) {
        expect(() => adapter.reranker({ ...input, threshold: 0.5 })).toThrow(refused);
        await adapter.reranker(input).dispose();
      }
      for (const input of [{}, { scale: "sigmoid" }, { scale: "logit" }, { model: TINY_FUSED }] as const) {
        await adapter.reranker({ ...input, threshold: 0.5 }).dispose();
      }
      await using ranker = adapter.reranker({ model: TINY_FUSED, threshold: 2, workers: 1 });
      expect(await ranker.rank(documents, QUERY)).toEqual([]); // no sigmoid is over 1
    });

    it("loads once for concurrent first calls, and nothing before them", async () => {
      using folder = copyOf(TINY_RERANKER);
      const ranker = adapter.reranker({ model: folder.complete(), workers: 1 });
      expect(started.length).toBe(0);
      await Promise.all(["one", "two", "three"].map((query) => ranker.rank(documents, query)));
      expect(started.length).toBe(1);
      await ranker.dispose();
      await expectEnded(started);
    });

    it("tries a failed load again on the next call", async () => {
      using folder = copyOf(TINY_RERANKER);
      await using ranker = adapter.reranker({ model: folder.path, workers: 1 });
      await expect(ranker.rank(documents, QUERY)).rejects.toMatchObject({ name: "BgeError", code: "MODEL_NOT_FOUND" });
      folder.complete();
      expect((await ranker.rank(documents, QUERY)).length).toBe(3);
    });

    it("disposes what it loaded, before and after, and never a shared reranker", async () => {
      const unused = adapter.reranker(TINY_RERANKER);
      await unused.dispose();
      await expectDisposed(unused.rank(documents, QUERY));
      expect(started.length).toBe(0);

      using folder = copyOf(TINY_RERANKER);
      const own = adapter.reranker({ model: folder.complete(), workers: 1 });
      await own.rank(documents, QUERY);
      expect(started.length).toBe(1);
      await own.dispose();
      await expectDisposed(own.rank(documents, QUERY));
      await expectEnded(started);

      const sharing = adapter.reranker(reranker);
      await sharing.dispose();
      await expectDisposed(sharing.rank(documents, QUERY));
      expect((await reranker.rerank(QUERY, TEXTS)).length).toBe(TEXTS.length);
    });

    it("refuses what cannot be meant, with typed errors", async () => {
      const invalid = (parameter: string) => expect.objectContaining({ code: "INVALID_OPTION", parameter });
      expect(() => adapter.reranker({ model: reranker, workers: 1 })).toThrow(invalid("workers"));
      expect(() => adapter.reranker(embedder as unknown as Reranker)).toThrow(invalid("model"));
      expect(() => adapter.reranker(Promise.resolve(reranker) as unknown as Reranker)).toThrow(invalid("model"));
      for (const none of [undefined, "text", {}]) {
        await expect(adapter.reranker(reranker).rank(none as unknown as [], QUERY)).rejects.toMatchObject({
          code: "INVALID_INPUT",
        });
      }
      await expect(adapter.reranker({ model: reranker, topN: -1 }).rank(documents, QUERY)).rejects.toMatchObject({
        code: "INVALID_OPTION",
        parameter: "topN",
      });
      const error = await rejection(
        adapter.reranker(reranker).rank([documents[0], adapter.document("bad", "\ud800")], QUERY),
      );
      expect(error).toBeInstanceOf(BgeError);
      expect(error).toMatchObject({ code: "INVALID_INPUT", index: 1 });
    });

    it("aborts by the signal of its options", async () => {
      const controller = new AbortController();
      const ranker = adapter.reranker({ model: reranker, signal: controller.signal });
      controller.abort(new Error("enough"));
      expect(await rejection(ranker.rank(documents, QUERY))).toBe(controller.signal.reason);
    });

    it("ranks 5,000 documents", async () => {
      const many = Array.from({ length: 5000 }, (_, i) => adapter.document(`${i}`, `document ${i}`));
      const ranked = await adapter.reranker({ model: reranker, topN: 5000 }).rank(many, QUERY);
      expect(new Set(ranked.map(({ id }) => id)).size).toBe(5000);
      const scores = ranked.map(({ score }) => score!);
      expect(scores).toEqual([...scores].sort((a, b) => b - a));
    });
  });
}

/** Equal to 1e-5, as fp32 vectors are in whatever batch they were computed; and a plain array of numbers. */
function expectSame(vector: number[], expected: ArrayLike<number>): void {
  expect(Array.isArray(vector)).toBe(true);
  expect(vector.every((value) => typeof value === "number")).toBe(true);
  expect(vector.length).toBe(expected.length);
  expect(distance(vector, expected)).toBeLessThan(1e-5);
}

/** The largest difference of two entries. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((most, value, index) => Math.max(most, Math.abs(value - b[index]!)), 0);
}

export async function expectDisposed(call: Promise<unknown>): Promise<void> {
  expect(await rejection(call)).toMatchObject({ name: "BgeError", code: "DISPOSED" });
}

export async function rejection(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => {
      throw new Error("the call should have been rejected");
    },
    (error: unknown) => error,
  );
}

/** A worker that has ended has no thread id. */
/** The threads that the running test has started so far. */
export function workersStarted(): readonly Worker[] {
  const started: Worker[] = [];
  const count = (worker: Worker) => started.push(worker);
  beforeEach(() => {
    started.length = 0;
    process.on("worker", count);
  });
  afterEach(() => void process.off("worker", count));
  return started;
}

export async function expectEnded(workers: readonly Worker[]): Promise<void> {
  await expect.poll(() => workers.filter(({ threadId }) => threadId !== -1).length).toBe(0);
}

/** A model folder of its own, so that core shares its workers with no other test; without the graph until it is completed. */
export function copyOf(model: string): Disposable & { readonly path: string; complete(): string } {
  const parent = mkdtempSync(join(tmpdir(), "bge-js-"));
  const path = join(parent, "model");
  cpSync(model, path, { recursive: true, filter: (file) => !file.endsWith(".onnx") });
  return {
    path,
    complete() {
      cpSync(model, path, { recursive: true });
      return path;
    },
    [Symbol.dispose]: () => rmSync(parent, { recursive: true, force: true }),
  };
}

/** Frozen all through, so that any change throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
