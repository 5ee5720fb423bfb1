import { BgeError } from "@bge-js/core";
import { listener, messageOf } from "@bge-js/core/adapter";
import { type Job, UnrecoverableError, Worker } from "bullmq";
import type { IngestDocument } from "../api.js";
import { recipeOf } from "../options.js";
import { createBatcher } from "../pipeline/batcher.js";
import { isError, toChecked } from "../pipeline/documents.js";
import { createWork } from "../pipeline/work.js";
import type { IngestQueueOptions, IngestWorker, WorkOptions } from "./api.js";
import { close } from "./close.js";
import { type JobData, type JobProgress, toReason } from "./jobs.js";

export const CONCURRENCY = 128;
export const STALLED_AFTER_MS = 30_000;
/** A document that has lost so many workers is worked on with caution from then on, with nothing beside its batch: */
const LOST = 2;
/** most documents of the batch, by the workers that it has lost so. After the last one it is set aside. */
const CAUTIOUS = [16, 4, 1, 1] as const;
/** Minutes for which BullMQ keeps how many documents were finished. */
const METRICS = 60 * 24;

/** Implements `IngestQueue.work`. */
export async function startWorker<D extends IngestDocument>(
  name: string,
  { connection, prefix }: IngestQueueOptions,
  given: WorkOptions<D>,
): Promise<IngestWorker> {
  const recipe = recipeOf(given);
  const { concurrency = CONCURRENCY, stalledAfterMs = STALLED_AFTER_MS } = given;
  const onError = listener("onError", given.onError) ?? warnOnce();
  const { signal } = new AbortController();
  await recipe.store.prepare?.({ embedder: recipe.embedder, signal });
  const batcher = createBatcher(createWork(recipe), signal);
  const told = new WeakSet<object>();

  async function ingestJob(job: Job<JobData, unknown, string, JobProgress>): Promise<{ chunks: number }> {
    const checked = toChecked(job.data.document);
    if (isError(checked)) throw new UnrecoverableError(toReason(checked));
    const { lost = 0 } = job.progress;
    const most = CAUTIOUS[lost];
    if (most === undefined) throw new UnrecoverableError(toReason(killer(job.stalledCounter)));
    const isSuspect = job.stalledCounter >= LOST;
    const caution = isSuspect ? { most, begin: () => job.updateProgress({ lost: lost + 1 }) } : undefined;
    try {
      const outcome = await batcher.add(checked, caution);
      if (outcome.kind === "failed") throw new UnrecoverableError(toReason(outcome.error));
      return { chunks: outcome.kind === "stored" ? outcome.chunks : 0 };
    } catch (error) {
      if (error instanceof UnrecoverableError) throw error;
      if (isSuspect) await job.updateProgress({ lost });
      const failed = error instanceof BgeError ? new Error(toReason(error), { cause: error }) : error;
      // The same for all documents of a batch.
      if (typeof error === "object" && error !== null && !told.has(error)) {
        told.add(error);
        onError(error as Error);
      }
      throw failed;
    }
  }

  const worker = new Worker<JobData, unknown, string>(name, ingestJob as never, {
    connection,
    ...(prefix !== undefined && { prefix }),
    concurrency,
    lockDuration: stalledAfterMs,
    stalledInterval: stalledAfterMs,
    // Counted above, where it is known which document was worked on.
    maxStalledCount: 1_000_000,
    metrics: { maxDataPoints: METRICS },
  });
  worker.on("error", onError);
  await worker.waitUntilReady();
  let closing: Promise<void> | undefined;
  const dispose = () => (closing ??= close(worker, connection));
  return { dispose, [Symbol.asyncDispose]: dispose };
}

function killer(lost: number): BgeError {
  const message = `${lost} workers ended with this document, the last two while they worked on nothing else.`;
  return new BgeError("WORKER_LOST", message, { parameter: "documents" });
}

/** Emits a process warning for each message, once. */
export function warnOnce(): (error: Error) => void {
  const told = new Set<string>();
  return (error) => {
    // One warning for all documents.
    const message = messageOf(error).replace(/ for job [\w-]+/, " for a document");
    if (told.has(message) || told.size > 100) return;
    told.add(message);
    process.emitWarning(`${message} What it hits is tried again. Handle onError to hear of each.`, {
      type: "BgeWarning",
      code: "BGE_INGEST",
    });
  };
}
