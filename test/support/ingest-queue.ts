import { randomUUID } from "node:crypto";
import type { Embedder } from "@bge-js/core";
import type { IngestStore } from "@bge-js/ingest";
import { type IngestQueue, openIngestQueue } from "@bge-js/ingest/bullmq";
import { afterAll, beforeAll, beforeEach, onTestFinished } from "vitest";
import { loadTiny } from "./ingest-stores.js";
import { whole } from "./memory-store.js";
import { type RedisUnderTest, startRedis } from "./redis.js";

/** A server and a model for the tests of a `describe`, and for each test the name of a queue of its own. */
export interface QueueUnderTest {
  readonly connection: RedisUnderTest["connection"];
  readonly embedder: Embedder;
  readonly name: string;
  open(connection?: RedisUnderTest["connection"]): Promise<IngestQueue>;
  /** Starts a worker. */
  work(queue: IngestQueue, store: IngestStore, options?: object): Promise<void>;
}

/** Sets up a queue. Both end with the test that opened them: the queue, and what works on it. */
export function queueUnderTest(): QueueUnderTest {
  let redis: RedisUnderTest;
  let embedder: Embedder;
  let name: string;
  beforeAll(async () => {
    redis = await startRedis();
    embedder = await loadTiny();
  });
  afterAll(async () => {
    await embedder.dispose();
    await redis[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    name = randomUUID();
  });
  return {
    get connection() {
      return redis.connection;
    },
    get embedder() {
      return embedder;
    },
    get name() {
      return name;
    },
    async open(connection = redis.connection) {
      const queue = await openIngestQueue({ connection, name });
      onTestFinished(() => queue.dispose());
      return queue;
    },
    async work(queue, store, options = {}) {
      const worker = await queue.work({ store, embedder, ...whole, stalledAfterMs: 1000, ...options });
      onTestFinished(() => worker.dispose());
    },
  };
}
