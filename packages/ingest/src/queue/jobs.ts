import { BgeError, type BgeErrorCode } from "@bge-js/core";
import { wallClock } from "@bge-js/core/adapter";
import type { JobsOptions, Queue } from "bullmq";
import type { AnyDocument } from "../api.js";
import { contentHash } from "../pipeline/documents.js";
import type { QueueFailure } from "./api.js";
import type { Ask } from "./redis-call.js";

/** What a job carries. */
export interface JobData {
  readonly document: AnyDocument;
  /** Of the document. */
  readonly hash: string;
}

/** Where a job keeps how many workers ended while they worked on it with caution. */
export interface JobProgress {
  readonly lost?: number;
}

export type DocumentQueue = Queue<JobData>;

/** Jobs read at once. */
const PAGE = 100;

/**
 * About a quarter of an hour in all, in which a store or a model may come back. A document has one job at most: its id is that
 * of the job.
 */
export function jobOptions(document: AnyDocument): JobsOptions {
  return {
    jobId: jobIdOf(document),
    attempts: 10,
    backoff: { type: "exponential", delay: 1000, jitter: 0.5 },
    removeOnComplete: true,
    removeOnFail: false,
    stackTraceLimit: 1,
  };
}

/** BullMQ takes no number and no colon. */
export function jobIdOf({ id }: AnyDocument): string {
  return `d-${contentHash(id)}`;
}

/** An error as the reason of a failed job. */
export function toReason({ code, message }: BgeError): string {
  return `${code}: ${message}`;
}

/** Yields the documents that were set aside, the oldest first. */
export async function* failedDocuments(queue: DocumentQueue, ask: Ask): AsyncGenerator<QueueFailure> {
  for (let from = 0; ; from += PAGE) {
    const jobs = await ask(queue.getJobs("failed", from, from + PAGE - 1, true));
    // A page may have fewer than asked for: jobs that went away meanwhile are not in it.
    if (jobs.length === 0) return;
    for (const { data, failedReason } of jobs) {
      const { document } = data as JobData;
      yield { id: document.id, document, error: toError(failedReason) };
    }
  }
}

function toError(reason: string): BgeError {
  const [, code, message] = /^([A-Z]+_[A-Z_]+): (.*)$/s.exec(reason) ?? [];
  // Not one of ours: what a store or Redis said at the last attempt.
  return new BgeError((code as BgeErrorCode | undefined) ?? "STORE_FAILED", message ?? reason, {
    parameter: "documents",
  });
}

/** Gives the documents that are set aside to the workers again, and resolves to their number. */
export async function retryFailed(queue: DocumentQueue, ask: Ask): Promise<number> {
  let retried = 0;
  // Those that fail again meanwhile come last, and are not tried for ever.
  for (let { failed } = await ask(countJobs(queue)); failed > 0; ) {
    const jobs = await ask(queue.getJobs("failed", 0, Math.min(PAGE, failed) - 1, true));
    if (jobs.length === 0) break;
    for (const job of jobs) {
      await ask(job.updateProgress({}));
      await ask(job.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true }));
    }
    retried += jobs.length;
    failed -= jobs.length;
  }
  return retried;
}

/** Numbers of documents, all of one moment. */
export interface Counts {
  readonly waiting: number;
  readonly active: number;
  readonly retrying: number;
  readonly failed: number;
}

export async function countJobs(queue: DocumentQueue): Promise<Counts> {
  const counts = await queue.getJobCounts("waiting", "active", "delayed", "failed");
  const { waiting = 0, active = 0, delayed: retrying = 0, failed = 0 } = counts;
  return { waiting, active, retrying, failed };
}

/** Documents that workers have or will have. */
export function pendingOf({ waiting, active, retrying }: Counts): number {
  return waiting + active + retrying;
}

/** Documents finished since the queue was made: workers count them. */
export async function countDone(queue: DocumentQueue): Promise<number> {
  const { meta } = await queue.getMetrics("completed", 0, 0);
  return meta.count;
}

/** How many documents were finished, and how fast. */
export async function measureDone(
  queue: DocumentQueue,
): Promise<{ readonly done: number; readonly perSecond: number }> {
  const { meta, data } = await queue.getMetrics("completed", 0, 1);
  return { done: meta.count, perSecond: perSecondOf(meta, data, wallClock()) };
}

/** Seconds in which the count of a minute says something, and without a document after which nothing is under way. */
const FEW_SECONDS = 10;
const IDLE_SECONDS = 120;

/**
 * Documents finished in a second, over the last minute or two. BullMQ keeps when the count was noted, with the first document of
 * a minute, and for each minute before, the latest first, by how much it grew.
 */
export function perSecondOf(
  { count, prevCount, prevTS }: { readonly count: number; readonly prevCount: number; readonly prevTS: number },
  minutes: readonly number[],
  now: number,
): number {
  // Clocks of other machines may be ahead.
  const seconds = Math.max(1, (now - prevTS) / 1000);
  if (count === 0 || seconds > IDLE_SECONDS) return 0;
  const since = count - prevCount;
  // The first minute of all may have been a short one.
  if (seconds >= FEW_SECONDS || minutes.length < 2) return since / seconds;
  return (since + minutes[0]!) / (seconds + 60);
}
