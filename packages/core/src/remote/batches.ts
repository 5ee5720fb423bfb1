import type { Job } from "../engine/call.js";
import type { FairQueue } from "../engine/queue.js";
import type { SentWork } from "../protocol.js";

/** Work that becomes one request: the same of every text. */
export interface Batch {
  readonly jobs: readonly Job[];
  /** Whether the server may cut these texts, whose lengths are known. */
  readonly cut: boolean;
  /** How often it was sent. */
  attempts: number;
}

/** Limits of one request. */
export interface BatchLimits {
  readonly texts: number;
  readonly characters: number;
}

/**
 * Takes the next work from the queue, and with it what can share its request, whoever waits in between with something else. Queries go
 * without documents, whose batches take longer.
 */
export function takeBatch(queue: FairQueue<Job>, { texts, characters }: BatchLimits): Batch | undefined {
  const first = queue.next();
  if (first === undefined) return undefined;
  const jobs = [first];
  let length = charactersOf(first.work);
  const fits = ({ work }: Job) => isAlike(work, first.work) && length + charactersOf(work) <= characters;
  // Counting tokens comes as a batch already.
  while (first.work.type === "encode-and-run" && jobs.length < texts) {
    const job = queue.nextOf(first.lane.urgent, fits);
    if (job === undefined) break;
    length += charactersOf(job.work);
    jobs.push(job);
  }
  return { jobs, cut: false, attempts: 0 };
}

/** Returns the batch without jobs that nobody waits for any more. */
export function withoutEnded(batch: Batch): Batch {
  const jobs = batch.jobs.filter((job) => !job.ended());
  return jobs.length === batch.jobs.length ? batch : { ...batch, jobs };
}

function charactersOf(work: SentWork): number {
  return work.type === "encode-and-run" ? work.text.length : 0;
}

/** True if a server can do both in one request. */
function isAlike(work: SentWork, other: SentWork): boolean {
  if (work.type !== "encode-and-run" || other.type !== "encode-and-run") return false;
  const side = ({ encoding }: typeof work) => (encoding.form === "single" ? encoding.inputType : undefined);
  return (
    side(work) === side(other) &&
    work.heads.length === other.heads.length &&
    work.heads.every((head, i) => {
      const counterpart = other.heads[i]!;
      if (head.type !== counterpart.type) return false;
      return head.type !== "logit" || head.query === (counterpart as typeof head).query;
    })
  );
}
