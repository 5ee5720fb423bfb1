import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { BgeError } from "@bge-js/core";
import { type AnyDocument, ingest } from "@bge-js/ingest";
import { openIngestQueue, type QueueProgress } from "@bge-js/ingest/bullmq";
import { qdrantStore } from "@bge-js/ingest/qdrant";
import { loadQdrantRetriever } from "@bge-js/qdrant";
import { QdrantClient } from "@qdrant/js-client-rest";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { queueUnderTest } from "./support/ingest-queue.js";
import { hasLoopback } from "./support/loopback.js";
import { createStore, documentOf, documentsTo, gate, textsOf, whole } from "./support/memory-store.js";
import { fixture } from "./support/models.js";
import { start } from "./support/programs.js";
import { startQdrantDouble } from "./support/qdrant-double.js";
import { hasRedis } from "./support/redis.js";

// Processes are started and killed, which a busy machine takes its time for.
vi.setConfig({ testTimeout: 240_000 });

describe("documents through a queue in Redis", () => {
  describe.skipIf(!hasRedis)("with BullMQ", () => {
    const under = queueUnderTest();
    const { open, work } = under;

    test("are stored by several workers as by one process; a second run queues only what changed, and removes what vanished", async () => {
      const [alone, shared] = [createStore(), createStore()];
      const documents = documentsTo(500);
      await ingest(documents, { store: alone.store, embedder: under.embedder, ...whole });
      const queue = await open();
      await work(queue, shared.store);
      await work(queue, shared.store);
      const report = await queue.ingest([...documents, documentOf(3)]);
      expect(report).toMatchObject({ documents: 501, failed: 0, removed: 0 });
      expect(shared.documents).toEqual(alone.documents);
      expect(await queue.status()).toMatchObject({ waiting: 0, active: 0, retrying: 0, failed: 0 });

      const changed = documents.map((one, i) => (i === 4 ? documentOf(4, 1) : one)).filter((_, i) => i !== 9);
      const recipe = { store: shared.store, embedder: under.embedder, ...whole };
      const again = await queue.ingest(changed, { ...recipe, prune: true });
      expect(again).toEqual({ documents: 499, queued: 1, unchanged: 498, failed: 0, removed: 1 });
      expect(shared.texts()).toEqual(textsOf(changed));
      // Without a store, workers find out by themselves.
      const puts = shared.puts();
      expect(await queue.ingest(changed)).toMatchObject({ queued: 499 });
      expect(shared.puts()).toBe(puts);
    });

    test("that cannot be ingested are set aside with their error, and can be tried again", async () => {
      let isFixed = false;
      const chunk = ({ id, text }: AnyDocument) => {
        if (id.endsWith("5") && !isFixed) throw new Error("no such page");
        return [text];
      };
      const { store, texts } = createStore();
      const queue = await open();
      await work(queue, store, { chunk });
      const documents = documentsTo(30);
      const failed: (string | undefined)[] = [];
      const report = await queue.ingest([...documents, 7 as never], { onFailed: ({ id }) => void failed.push(id) });
      expect(report).toMatchObject({ documents: 31, queued: 30, failed: 4 });
      expect(failed.sort()).toEqual(["doc 15", "doc 25", "doc 5", undefined]);
      expect(Object.keys(texts()).length).toBe(27);
      const aside = [];
      for await (const one of queue.failed()) aside.push(one);
      expect(aside.map(({ id, error, document }) => [id, error.code, document["i"]]).sort()).toEqual([
        ["doc 15", "INVALID_INPUT", 15],
        ["doc 25", "INVALID_INPUT", 25],
        ["doc 5", "INVALID_INPUT", 5],
      ]);
      expect(aside[0]!.error.message).toContain("no such page");
      // Without a listener the call says so; a changed document takes the place of the one that was set aside.
      const thrown: BgeError = await queue.ingest([documentOf(5, 1)]).then(undefined, (error) => error);
      expect([thrown.code, thrown.message]).toEqual(["INVALID_INPUT", expect.stringContaining('id "doc 15"')]);
      isFixed = true;
      expect(await queue.retryFailed()).toBe(3);
      await queue.ingest([]);
      expect(texts()).toEqual(textsOf(documents.map((one, i) => (i === 5 ? documentOf(5, 1) : one))));
    });

    test("wait in Redis in a bounded number while a store is slow, and the source is not drawn from meanwhile", async () => {
      const { opened, open: letGo } = gate();
      const { store, documents } = createStore(() => opened);
      const queue = await open();
      await work(queue, store, { concurrency: 10 });
      let drawn = 0;
      function* source() {
        for (const one of documentsTo(1000)) {
          drawn++;
          yield one;
        }
      }
      const seen: QueueProgress[] = [];
      const call = queue.ingest(source(), { maxWaiting: 100, onProgress: (progress) => void seen.push(progress) });
      for (let last = -1; last !== drawn || drawn === 0; await sleep(500)) last = drawn;
      const { waiting, active } = await queue.status();
      expect(active).toBe(10);
      expect(waiting).toBeLessThanOrEqual(100);
      expect(drawn).toBeLessThanOrEqual(100 + 10 + 64);
      letGo();
      await call;
      expect(documents.size).toBe(1000);
      expect(seen.at(-1)).toMatchObject({ documents: 1000, queued: 1000, done: 1000, pending: 0, failed: 0 });
    });

    test("are tried again while a store is away, and the worker says so", async () => {
      let failures = 0;
      const { store, texts } = createStore(async () => {
        if (failures++ < 2) throw new BgeError("STORE_FAILED", "no disk");
      });
      const told: string[] = [];
      const queue = await open();
      await work(queue, store, { onError: ({ message }: Error) => void told.push(message) });
      expect(await queue.ingest(documentsTo(20))).toMatchObject({ failed: 0 });
      expect(texts()).toEqual(textsOf(documentsTo(20)));
      expect(told).toEqual(["no disk", "no disk"]);
    });

    test("in a new version take the place of those that wait, and come after those that are with a worker", async () => {
      const { opened, open: letGo } = gate();
      const { store, texts } = createStore(() => opened);
      const queue = await open();
      await work(queue, store, { concurrency: 1 });
      const first = queue.ingest(documentsTo(3));
      while ((await queue.status()).active === 0) await sleep(10);
      const second = queue.ingest([documentOf(0, 1), documentOf(2, 1)]);
      await sleep(300);
      letGo();
      await Promise.all([first, second]);
      expect(texts()).toEqual(textsOf([documentOf(0, 1), documentOf(1), documentOf(2, 1)]));
    });

    test("that Redis has lost are an error", async () => {
      const { store } = createStore(() => sleep(5));
      const queue = await open();
      const call = queue.ingest(documentsTo(40));
      while ((await queue.status()).waiting < 40) await sleep(10);
      const { Queue } = await import("bullmq");
      const other = new Queue(under.name, { connection: under.connection });
      await other.drain();
      await other.close();
      await expect(call).rejects.toMatchObject({ code: "STORE_FAILED", message: expect.stringContaining("lost 40") });
      await work(queue, store);
      expect(await queue.ingest(documentsTo(40))).toMatchObject({ queued: 40, failed: 0 });
    });

    test("an abort ends the call; what is queued goes on", async () => {
      const { store, documents } = createStore();
      const queue = await open();
      const ending = new AbortController();
      const call = queue.ingest(documentsTo(50), { signal: ending.signal });
      while ((await queue.status()).waiting < 50) await sleep(10);
      ending.abort(new Error("enough"));
      await expect(call).rejects.toThrow("enough");
      await work(queue, store);
      expect(await queue.ingest([])).toMatchObject({ queued: 0 });
      expect(documents.size).toBe(50);
    });

    test("a server that is not there, and options that are none", async () => {
      const away = openIngestQueue({ connection: { host: "127.0.0.1", port: 1 } });
      await expect(away).rejects.toMatchObject({ code: "STORE_FAILED", parameter: "connection" });
      for (const [options, parameter] of [
        [{}, "connection"],
        [{ connection: "redis://x" }, "connection"],
        [{ connection: under.connection, name: "a:b" }, "name"],
        [{ connection: under.connection, name: "" }, "name"],
        [{ connection: under.connection, prefix: 1 }, "prefix"],
        [{ connection: under.connection, more: 1 }, "more"],
      ] as const) {
        await expect(openIngestQueue(options as never)).rejects.toMatchObject({ code: "INVALID_OPTION", parameter });
      }
      const { store } = createStore();
      const queue = await open();
      for (const [options, parameter] of [
        [{ prune: true }, "prune"],
        [{ ...whole }, "chunk"],
        [{ embedder: under.embedder }, "embedder"],
        [{ store }, "embedder"],
        [{ maxWaiting: 0 }, "maxWaiting"],
        [{ more: 1 }, "more"],
      ] as const) {
        await expect(queue.ingest(["a"], options as never)).rejects.toMatchObject({
          code: "INVALID_OPTION",
          parameter,
        });
      }
      for (const [options, parameter] of [
        [{}, "store"],
        [{ store }, "embedder"],
        [{ store, embedder: under.embedder, ...whole, concurrency: 0 }, "concurrency"],
        [{ store, embedder: under.embedder, ...whole, stalledAfterMs: -1 }, "stalledAfterMs"],
        [{ store, embedder: under.embedder, ...whole, onError: 1 }, "onError"],
        [{ store, embedder: under.embedder, ...whole, more: 1 }, "more"],
      ] as const) {
        await expect(queue.work(options as never)).rejects.toMatchObject({ code: "INVALID_OPTION", parameter });
      }
      await expect(queue.ingest("text" as never)).rejects.toMatchObject({ code: "INVALID_INPUT" });
    });

    describe.skipIf(!hasLoopback)("when workers are killed", () => {
      const program = (url: string, extra: string) => `
        import { openIngestQueue } from "@bge-js/ingest/bullmq";
        import { qdrantStore } from "@bge-js/ingest/qdrant";
        import { loadQdrantRetriever } from "@bge-js/qdrant";
        import { QdrantClient } from "@qdrant/js-client-rest";
        const client = new QdrantClient({ url: ${JSON.stringify(url)}, checkCompatibility: false });
        const embedder = { directory: ${JSON.stringify(fixture("tiny-bert-cls"))} };
        const retriever = await loadQdrantRetriever({ client, collection: "docs", embedder, reranker: false, averageWords: 9 });
        const queue = await openIngestQueue({ connection: ${JSON.stringify(under.connection)}, name: ${JSON.stringify(under.name)} });
        const chunk = ({ text }) => { ${extra} return text.split("\\n"); };
        await queue.work({ store: qdrantStore(retriever), chunk, recipe: "lines", stalledAfterMs: 500, concurrency: 32 });
        console.log("ready");`;

      async function openCollection() {
        const server = await startQdrantDouble();
        const client = new QdrantClient({ url: server.url, checkCompatibility: false });
        const embedder = { directory: fixture("tiny-bert-cls") };
        const load = (collection: string) =>
          loadQdrantRetriever({ client, collection, embedder, reranker: false, averageWords: 9 });
        const [shared, alone] = [await load("docs"), await load("alone")];
        onTestFinished(async () => {
          await shared.dispose();
          await alone.dispose();
          await server[Symbol.asyncDispose]();
        });
        const points = async (collection: string) => {
          const found = await client.scroll(collection, { limit: 10_000, with_payload: true, with_vector: true });
          return found.points;
        };
        return { url: server.url, alone: qdrantStore(alone), points };
      }

      const documents = Array.from({ length: 600 }, (_, i) => ({
        id: `doc ${i}`,
        text: Array.from({ length: 1 + (i % 3) }, (_, line) => `line ${line} of ${i}`).join("\n"),
      }));
      const lines = { chunk: ({ text }: AnyDocument) => text.split("\n"), recipe: "lines" };

      test("each document is stored once, as by one process", async () => {
        const { url, alone, points } = await openCollection();
        await ingest(documents, { store: alone, ...lines });
        const queue = await open();
        const call = queue.ingest(documents);
        let isDone = false;
        void call.finally(() => {
          isDone = true;
        });
        let kills = 0;
        while (!isDone) {
          const worker = start(program(url, ""));
          await worker.says("ready");
          await Promise.race([sleep(kills < 4 ? 150 + 100 * kills : 60_000), call]);
          worker.child.kill("SIGKILL");
          await worker.ended;
          kills++;
        }
        expect(await call).toMatchObject({ queued: 600, failed: 0 });
        expect(kills).toBeGreaterThan(1);
        expect(await points("docs")).toEqual(await points("alone"));
      });

      test("a document that ends its worker is set aside, and no other", async () => {
        const { url, points } = await openCollection();
        const queue = await open();
        const call = queue.ingest(documents.slice(0, 40), { onFailed: () => {} });
        let isDone = false;
        void call.finally(() => {
          isDone = true;
        });
        let deaths = 0;
        while (!isDone) {
          const worker = start(program(url, 'if (text.endsWith("of 17")) process.kill(process.pid, "SIGKILL");'));
          await Promise.race([worker.ended, call]);
          if (!isDone) deaths++;
          worker.child.kill("SIGKILL");
        }
        expect(await call).toMatchObject({ queued: 40, failed: 1 });
        for await (const { id, error } of queue.failed()) expect([id, error.code]).toEqual(["doc 17", "WORKER_LOST"]);
        expect(deaths).toBe(6);
        const stored = new Set(
          (await points("docs")).map(({ payload }) => (payload!["ingested"] as { document: string }).document),
        );
        expect(stored.size).toBe(39);
      });
    });

    test("a worker finishes what it has when it is disposed, and keeps no process alive", async () => {
      const { store, documents } = createStore(() => sleep(50));
      const queue = await open();
      const worker = await queue.work({ store, embedder: under.embedder, ...whole, concurrency: 5 });
      const call = queue.ingest(documentsTo(40));
      while (documents.size === 0) await sleep(5);
      await worker.dispose();
      const { active, waiting } = await queue.status();
      expect([active, waiting + documents.size]).toEqual([0, 40]);
      await work(queue, store);
      await call;
      const program = start(`
        import { openIngestQueue } from "@bge-js/ingest/bullmq";
        const queue = await openIngestQueue({ connection: ${JSON.stringify(under.connection)} });
        console.log(JSON.stringify(await queue.status()));
        await queue.dispose();`);
      const [code] = (await once(program.child, "close")) as [number];
      expect([code, program.output.err]).toEqual([0, ""]);
    });
  });
});
