import { BgeError } from "@bge-js/core";
import { type Check, type Checks, checkOptions, isCount, isFunction, messageOf } from "@bge-js/core/adapter";
import { Queue } from "bullmq";
import { INGEST, isName, RECIPE } from "../options.js";
import type { IngestQueue, IngestQueueOptions, QueueIngestOptions, WorkOptions } from "./api.js";
import { close } from "./close.js";
import { countJobs, type DocumentQueue, failedDocuments, measureDone, retryFailed } from "./jobs.js";
import { produce } from "./produce.js";
import { askingOf, disposed } from "./redis-call.js";
import { startWorker, warnOnce } from "./worker.js";

export const NAME = "bge-ingest";

const isConnection: Check = (value) =>
  typeof value === "object" && value !== null ? undefined : "what BullMQ takes, such as { host, port } or { url }";

const OPEN: Checks<IngestQueueOptions> = {
  connection: isConnection,
  name: (value) => isName(value) ?? ((value as string).includes(":") ? "a name without a colon" : undefined),
  prefix: isName,
};

const PRODUCE: Checks<QueueIngestOptions> = { ...INGEST, maxWaiting: isCount };

const WORK: Checks<WorkOptions> = { ...RECIPE, concurrency: isCount, stalledAfterMs: isCount, onError: isFunction };

/**
 * Opens a queue in Redis or Valkey, by BullMQ.
 *
 * @example
 * ```ts
 * // in each of many processes, on any machine
 * await using queue = await openIngestQueue({ connection });
 * await queue.work({ store, embedder });
 * // in one
 * await queue.ingest(readDocuments());
 * ```
 * @throws BgeError `INVALID_OPTION`; `STORE_FAILED` if Redis cannot be reached
 */
export async function openIngestQueue(options: IngestQueueOptions): Promise<IngestQueue> {
  const given = checkOptions(options, OPEN, "openIngestQueue", ["connection"]);
  const { connection, name = NAME, prefix } = given;
  const queue: DocumentQueue = new Queue(name, { connection, ...(prefix !== undefined && { prefix }) });
  await ready(queue);
  queue.on("error", warnOnce());
  let closing: Promise<void> | undefined;
  const dispose = () => (closing ??= close(queue, connection));
  const ask = askingOf(queue);
  const checkOpen = () => {
    if (closing !== undefined) throw disposed();
  };
  return {
    name,
    async ingest(documents, ingestOptions = {}) {
      checkOpen();
      return produce(queue, documents, checkOptions(ingestOptions, PRODUCE as Checks<typeof ingestOptions>, "ingest"));
    },
    async work(workOptions) {
      checkOpen();
      return startWorker(name, given, checkOptions(workOptions, WORK as Checks<typeof workOptions>, "work", ["store"]));
    },
    async status() {
      checkOpen();
      return { ...(await ask(countJobs(queue))), ...(await ask(measureDone(queue))) };
    },
    async metrics() {
      checkOpen();
      return `${await ask(queue.exportPrometheusMetrics())}\n`;
    },
    async *failed() {
      checkOpen();
      yield* failedDocuments(queue, ask);
    },
    async retryFailed() {
      checkOpen();
      return retryFailed(queue, ask);
    },
    dispose,
    [Symbol.asyncDispose]: dispose,
  };
}

/** BullMQ would try again for ever. */
async function ready(queue: DocumentQueue): Promise<void> {
  let refuse = (_: Error) => {};
  try {
    await new Promise<unknown>((resolve, reject) => {
      refuse = reject;
      queue.on("error", refuse);
      queue.waitUntilReady().then(resolve, reject);
    });
  } catch (cause) {
    queue.on("error", () => {});
    void queue.close().catch(() => {});
    const message = `The queue cannot be reached: ${messageOf(cause)}. Check that Redis runs, and the connection.`;
    throw new BgeError("STORE_FAILED", message, { parameter: "connection", cause });
  } finally {
    queue.off("error", refuse);
  }
}
