import { sleep } from "@bge-js/core/adapter";
import type { Checked } from "../pipeline/documents.js";
import { type DocumentQueue, type JobData, jobIdOf, jobOptions } from "./jobs.js";
import type { Ask } from "./redis-call.js";

/** Milliseconds until a job that is with a worker is looked at again. */
const PAUSE = 100;

/** What a queue is asked on behalf of one producer. */
export interface Enqueueing {
  readonly queue: DocumentQueue;
  readonly ask: Ask;
  /** Resolves to whether the queue has no job at all, failed ones included. */
  isEmpty(): Promise<boolean>;
  /** Tells which documents are stored exactly so. */
  areStored(documents: readonly Checked[]): Promise<readonly boolean[]>;
  /** Resolves when there is room for so many more. */
  room(count: number): Promise<void>;
}

/** What has become of documents given to a queue. */
export interface Enqueued {
  /** Documents that are jobs now. */
  readonly added: readonly Checked[];
  /** Jobs of other versions that were taken out. */
  readonly removed: number;
  /** Documents that were stored, or in the queue, exactly so. */
  readonly unchanged: number;
}

/**
 * Makes a job of each document, one at most for an id, unless it is stored. A job of another version is taken out, or waited for
 * while it is with a worker: the version given last is the one that stays.
 */
export async function enqueue(
  documents: readonly Checked[],
  { queue, ask, isEmpty, areStored, room }: Enqueueing,
): Promise<Enqueued> {
  const added: Checked[] = [];
  let [removed, unchanged] = [0, 0];
  for (let rest = documents; rest.length > 0; ) {
    const free: Checked[] = [];
    const held: Checked[] = [];
    const jobs = (await isEmpty())
      ? []
      : await ask(Promise.all(rest.map((one) => queue.getJob(jobIdOf(one.document)))));
    const states = await ask(Promise.all(jobs.map((job) => job?.getState())));
    for (const [i, checked] of rest.entries()) {
      const [job, state] = [jobs[i], states[i]];
      if (job === undefined) free.push(checked);
      else if (state !== "failed" && (job.data as JobData).hash === checked.hash) unchanged++;
      else if (state === "active" || state === "unknown") held.push(checked);
      else {
        // Refused if a worker has just taken it.
        const isGone = await ask(
          job.remove().then(
            () => true,
            () => false,
          ),
        );
        if (isGone) removed++;
        (isGone ? free : held).push(checked);
      }
    }
    // Looked up after the queue, so that what a worker has finished meanwhile is seen.
    const stored = free.length > 0 ? await areStored(free) : [];
    const fresh = free.filter((_, i) => !stored[i]);
    unchanged += free.length - fresh.length;
    if (fresh.length > 0) {
      await room(fresh.length);
      const jobOf = ({ document, hash }: Checked) => ({
        name: "document",
        data: { document, hash },
        opts: jobOptions(document),
      });
      await ask(queue.addBulk(fresh.map(jobOf)));
      added.push(...fresh);
    }
    rest = held;
    if (held.length > 0) await ask(sleep(PAUSE));
  }
  return { added, removed, unchanged };
}
