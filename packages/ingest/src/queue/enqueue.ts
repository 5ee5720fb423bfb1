import { sleep } from "@bge-js/core/adapter";
import type { Checked } from "../pipeline/documents.js";
import { type DocumentQueue, type JobData, jobIdOf, jobOptions } from "./jobs.js";

/** Milliseconds until a job that is with a worker is looked at again. */
const PAUSE = 100;

/** What has become of documents given to a queue. */
export interface Enqueued {
  readonly added: number;
  /** Jobs that others took the place of. */
  readonly replaced: number;
  /** Documents that were in the queue exactly so. */
  readonly known: number;
}

/** Makes a job of each document, one at most for an id. Waits for those that are with a worker in another version. */
export async function enqueue(
  queue: DocumentQueue,
  documents: readonly Checked[],
  until: <T>(promise: Promise<T>) => Promise<T>,
): Promise<Enqueued> {
  let [added, replaced, known] = [0, 0, 0];
  let rest = documents;
  for (;;) {
    const jobs = await until(Promise.all(rest.map(({ document }) => queue.getJob(jobIdOf(document)))));
    const fresh: Checked[] = [];
    const held: Checked[] = [];
    for (const [i, checked] of rest.entries()) {
      const job = jobs[i];
      if (job === undefined) {
        fresh.push(checked);
        continue;
      }
      const state = await until(job.getState());
      if (state !== "failed" && (job.data as JobData).hash === checked.hash) known++;
      else if (state === "active" || state === "unknown") held.push(checked);
      else {
        const isGone = await until(
          job.remove().then(
            () => true,
            // A worker has just taken it.
            () => false,
          ),
        );
        if (isGone) replaced++;
        (isGone ? fresh : held).push(checked);
      }
    }
    if (fresh.length > 0) {
      await until(
        queue.addBulk(
          fresh.map(({ document, hash }) => ({
            name: "document",
            data: { document, hash },
            opts: jobOptions(document),
          })),
        ),
      );
      added += fresh.length;
    }
    if (held.length === 0) return { added, replaced, known };
    rest = held;
    await until(sleep(PAUSE));
  }
}
