import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BgeError } from "@bge-js/core";
import type { AnyDocument, IngestStore } from "@bge-js/ingest";
import { openIngestQueue, type QueueProgress } from "@bge-js/ingest/bullmq";
import { Queue } from "bullmq";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { queueUnderTest } from "./support/ingest-queue.js";
import { createStore, documentOf, documentsTo, gate, textsOf, whole } from "./support/memory-store.js";
import { hasRedis, startRedis } from "./support/redis.js";

vi.setConfig({ testTimeout: 120_000 });

const failure = (promise: Promise<unknown>): Promise<BgeError> =>
  promise.then(
    () => expect.unreachable("it resolved"),
    (reason) => reason,
  );

describe("a queue in Redis", () => {
  describe.skipIf(!hasRedis)("with BullMQ", () => {
    const under = queueUnderTest();
    const { open, work } = under;

    const recipeOf = (store: IngestStore) => ({ store, embedder: under.embedder, ...whole });

    async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
      while (!(await condition())) await sleep(10);
    }

    test("that goes away and comes back loses nothing, if it keeps what it has in a file", async () => {
      const directory = mkdtempSync(join(tmpdir(), "redis-"));
      onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
      let kept = await startRedis({ directory });
      onTestFinished(() => kept[Symbol.asyncDispose]());
      const { port } = kept.connection;
      const { store, texts, documents } = createStore(() => sleep(20));
      const queue = await open(kept.connection);
      await work(queue, store, { concurrency: 16, onError: () => {} });
      const call = queue.ingest(documentsTo(400), { maxWaiting: 100 });
      await until(() => documents.size >= 50);
      await kept[Symbol.asyncDispose]();
      await sleep(1500);
      kept = await startRedis({ directory, port });
      expect(await call).toMatchObject({ documents: 400, failed: 0 });
      expect(texts()).toEqual(textsOf(documentsTo(400)));
    });

    test("tells of lost documents also where earlier ones are set aside", async () => {
      const { store } = createStore();
      const chunk = ({ text }: AnyDocument) => {
        if (text.endsWith("0")) throw new Error("no such page");
        return [text];
      };
      const queue = await open();
      const worker = await queue.work({ store, embedder: under.embedder, chunk, recipe: "some" });
      expect(await queue.ingest(documentsTo(10), { onFailed: () => {} })).toMatchObject({ failed: 10 });
      await worker.dispose();
      const call = queue.ingest(
        Array.from({ length: 7 }, (_, i) => documentOf(100 + i, 1)),
        { onFailed: () => {} },
      );
      await until(async () => (await queue.status()).waiting === 7);
      const other = new Queue(under.name, { connection: under.connection });
      await other.drain();
      await other.close();
      expect(await failure(call)).toMatchObject({
        code: "STORE_FAILED",
        message: expect.stringContaining("has lost 7 documents"),
      });
      // What is set aside takes no part in the next run either.
      await work(queue, store);
      expect(await queue.ingest([documentOf(100, 1)], { onFailed: () => {} })).toMatchObject({ queued: 1, failed: 10 });
    });

    test("stores the version that is given last, also if that is the one that is stored", async () => {
      const { store, texts } = createStore();
      const queue = await open();
      const first = documentsTo(3);
      const recipe = recipeOf(store);
      const worker = await queue.work(recipe);
      await queue.ingest(first, recipe);
      await worker.dispose();
      // Its process ends, and leaves another version waiting.
      const ending = new AbortController();
      const left = queue.ingest([documentOf(1, 1)], { ...recipe, signal: ending.signal });
      await until(async () => (await queue.status()).waiting === 1);
      ending.abort(new Error("gone"));
      expect((await failure(left)).message).toBe("gone");
      // There is nothing left for a worker.
      const last = await queue.ingest(first, recipe);
      expect(last).toEqual({ documents: 3, queued: 0, unchanged: 3, failed: 0, removed: 0 });
      expect(texts()).toEqual(textsOf(first));
      // Within a run as well.
      await work(queue, store);
      const source = [documentOf(0, 1), documentOf(0), documentOf(0, 2), documentOf(0)];
      const { queued, unchanged } = await queue.ingest(source, recipe);
      expect(queued + unchanged).toBe(4);
      expect(texts()).toEqual(textsOf(first));
    });

    test("forgets a failed version when the document is stored in the version that is given", async () => {
      const { store, texts } = createStore();
      const chunk = ({ text }: AnyDocument) => {
        if (text.endsWith("1")) throw new Error("no such page");
        return [text];
      };
      const queue = await open();
      const recipe = { store, embedder: under.embedder, chunk, recipe: "some" };
      await work(queue, store, recipe);
      await queue.ingest([documentOf(0)], recipe);
      expect((await failure(queue.ingest([documentOf(0, 1)], recipe))).message).toContain("no such page");
      expect(await queue.ingest([documentOf(0)], recipe)).toMatchObject({ queued: 0, unchanged: 1, failed: 0 });
      expect(texts()).toEqual(textsOf([documentOf(0)]));
    });

    test("gets documents from a source that pauses, and tells how far it is meanwhile", async () => {
      const { store, documents } = createStore();
      const queue = await open();
      await work(queue, store);
      const { opened, open: letGo } = gate();
      async function* source() {
        yield* documentsTo(3);
        await opened;
        yield documentOf(3);
      }
      const seen: QueueProgress[] = [];
      const call = queue.ingest(source(), { onProgress: (progress) => void seen.push(progress) });
      await until(() => documents.size === 3);
      await until(() => seen.some(({ done }) => done === 3));
      letGo();
      expect(await call).toMatchObject({ documents: 4, queued: 4 });
    });

    test("tells how far it is and how fast in one call, and as Prometheus' text", async () => {
      const { store } = createStore();
      const queue = await open();
      const idle = { waiting: 0, active: 0, retrying: 0, failed: 0 };
      expect(await queue.status()).toEqual({ ...idle, done: 0, perSecond: 0 });
      await work(queue, store);
      await queue.ingest(documentsTo(50));
      const other = await open();
      const { perSecond, ...counts } = await other.status();
      expect(counts).toEqual({ ...idle, done: 50 });
      expect(perSecond).toBeGreaterThan(0);
      const text = await other.metrics();
      for (const state of ["waiting", "active", "delayed", "failed"]) {
        expect(text).toContain(`bullmq_job_count{queue="${under.name}", state="${state}"} 0\n`);
      }
      expect(text).toContain(`bullmq_job_completed_total{queue="${under.name}"} 50\n`);
      expect(text.endsWith("\n")).toBe(true);
    });

    test("gives more failed documents again than it reads at once, each once", async () => {
      let isFixed = false;
      const chunk = ({ text }: AnyDocument) => {
        if (!isFixed) throw new Error("no such page");
        return [text];
      };
      const { store, puts } = createStore();
      const queue = await open();
      await work(queue, store, { chunk });
      await queue.ingest(documentsTo(230), { onFailed: () => {} });
      const aside = new Set<string>();
      for await (const { id } of queue.failed()) aside.add(id);
      expect(aside.size).toBe(230);
      // Those that fail once more are not tried without an end.
      expect(await queue.retryFailed()).toBe(230);
      await until(async () => (await queue.status()).failed === 230);
      isFixed = true;
      expect(await queue.retryFailed()).toBe(230);
      expect(await queue.ingest([])).toMatchObject({ failed: 0 });
      expect(puts()).toBe(230);
    });

    test("takes from two producers at once, and both end", async () => {
      const { store, texts } = createStore();
      const queue = await open();
      await work(queue, store);
      const other = await open();
      const reports = await Promise.all([
        queue.ingest(documentsTo(300)),
        other.ingest(documentsTo(500).slice(200), { maxWaiting: 30 }),
      ]);
      expect(reports.map(({ failed }) => failed)).toEqual([0, 0]);
      expect(texts()).toEqual(textsOf(documentsTo(500)));
    });

    describe("an abort ends the call", () => {
      const hanging = new Promise<never>(() => {});
      async function* hangingSource() {
        yield documentOf(0);
        await hanging;
      }

      test.each<
        [string, (store: IngestStore) => Promise<[Iterable<AnyDocument> | AsyncIterable<AnyDocument>, object]>]
      >([
        [
          "while the store is prepared",
          async (store) => [documentsTo(1), recipeOf({ ...store, prepare: () => hanging })],
        ],
        [
          "while the store looks versions up",
          async (store) => [documentsTo(1), recipeOf({ ...store, versions: () => hanging })],
        ],
        ["while the source hangs", async () => [hangingSource(), {}]],
        ["while there is no room", async () => [documentsTo(100), { maxWaiting: 5 }]],
        ["while workers are waited for", async () => [documentsTo(1), {}]],
      ])("%s", async (_, given) => {
        const { store } = createStore();
        const queue = await open();
        const ending = new AbortController();
        const [source, options] = await given(store);
        const call = queue.ingest(source, { ...options, signal: ending.signal });
        await sleep(700);
        ending.abort(new Error("enough"));
        expect((await failure(call)).message).toBe("enough");
        const gone = queue.ingest(documentsTo(1), { signal: AbortSignal.abort(new Error("before")) });
        expect((await failure(gone)).message).toBe("before");
      });
    });

    test("that was disposed says so, also to a call under way", async () => {
      const queue = await open();
      const call = failure(queue.ingest(documentsTo(3)));
      await until(async () => (await queue.status()).waiting === 3);
      await queue.dispose();
      expect(await call).toMatchObject({ code: "DISPOSED" });
      const { store } = createStore();
      for (const use of [
        () => queue.ingest([]),
        () => queue.work(recipeOf(store)),
        () => queue.status(),
        () => queue.metrics(),
        () => queue.failed()[Symbol.asyncIterator]().next(),
        () => queue.retryFailed(),
      ]) {
        expect(await failure(use())).toMatchObject({ code: "DISPOSED" });
      }
      await queue.dispose();
    });

    test("that is away keeps nobody from ending", async () => {
      const gone = await startRedis();
      const queue = await openIngestQueue({ connection: gone.connection, name: under.name });
      const { store } = createStore();
      const worker = await queue.work({ ...recipeOf(store), onError: () => {} });
      await queue.ingest(documentsTo(3));
      await gone[Symbol.asyncDispose]();
      const status = failure(queue.status());
      await Promise.all([worker.dispose(), queue.dispose()]);
      expect(await status).toMatchObject({ code: "DISPOSED" });
    });

    test("a source that fails while documents are queued ends the call with its error", async () => {
      const { store, documents } = createStore();
      const queue = await open();
      await work(queue, store);
      async function* source() {
        yield* documentsTo(5);
        await until(() => documents.size === 5);
        throw new BgeError("SERVER_FAILED", "no connection");
      }
      expect((await failure(queue.ingest(source()))).message).toBe("no connection");
      expect(documents.size).toBe(5);
    });
  });
});
