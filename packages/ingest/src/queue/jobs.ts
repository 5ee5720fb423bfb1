import { BgeError, type BgeErrorCode } from "@bge-js/core";
import type { JobsOptions, Queue } from "bullmq";
import type { AnyDocument } from "../api.js";
import { contentHash } from "../pipeline/documents.js";
import type { QueueFailure } from "./api.js";

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
export async function* failedDocuments(queue: DocumentQueue): AsyncGenerator<QueueFailure> {
  for (let from = 0; ; from += PAGE) {
    const jobs = await queue.getJobs("failed", from, from + PAGE - 1, true);
    for (const { data, failedReason } of jobs) {
      const { document } = data as JobData;
      yield { id: document.id, document, error: toError(failedReason) };
    }
    if (jobs.length < PAGE) return;
  }
}

function toError(reason: string): BgeError {
  const [, code, message] = /^([A-Z]+_[A-Z_]+): (.*)$/s.exec(reason) ?? [];
  // Not one of ours: what a store or Redis said at the last attempt.
  return new BgeError((code as BgeErrorCode | undefined) ?? "STORE_FAILED", message ?? reason, {
    parameter: "documents",
  });
}

/** Gives all documents that were set aside to the workers again. */
export async function retryFailed(queue: DocumentQueue): Promise<number> {
  const jobs = new Map<string, Awaited<ReturnType<typeof queue.getJobs>>[number]>();
  for (let from = 0; ; from += PAGE) {
    const page = await queue.getJobs("failed", from, from + PAGE - 1);
    for (const job of page) jobs.set(job.id!, job);
    if (page.length < PAGE) break;
  }
  for (const job of jobs.values()) {
    await job.updateProgress({});
    await job.retry("failed", { resetAttemptsMade: true, resetAttemptsStarted: true });
  }
  return jobs.size;
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

/** Documents finished since the queue was made: workers count them. */
export async function countDone(queue: DocumentQueue): Promise<number> {
  const { meta } = await queue.getMetrics("completed", 0, 0);
  return meta.count;
}
