import type { Result, Timing, Work } from "../protocol.js";
import { inputsOf } from "../protocol.js";
import type { Job } from "./call.js";
import { fit, shapeOf, splitResult } from "./joint-work.js";
import type { FairQueue } from "./queue.js";

/**
 * Padded tokens of rows that calls share. More gain nothing on a CPU, where the callers of short texts would then wait for one
 * another.
 */
export const SHARED_TOKENS = 128;
/** Tokens of texts that are tokenized at once, estimated: a few milliseconds. */
const SHARED_TEXT_TOKENS = 4096;

/**
 * Takes the next job, and with it waiting jobs that a worker can do in the same run: of the same urgency, and no more of them than
 * the other `idle` workers leave.
 */
export function takeTogether(queue: FairQueue<Job>, idle: number): readonly Job[] {
  let room = Math.ceil(queue.size / idle) - 1;
  const first = queue.next()!;
  if (room === 0 || first.sharing === undefined) return [first];
  const admits = first.work.type === "run" ? admittingRows(first) : admittingTexts(first);
  const along = queue.takeAlong(first.lane, (job) => {
    const taken = room > 0 && job.sharing?.key === first.sharing!.key && admits(job);
    if (taken) room--;
    return taken;
  });
  return [first, ...along];
}

function admittingTexts(first: Job): (job: Job) => boolean {
  let { tokens } = first;
  return (job) => {
    if (job.work.type !== "encode" || tokens + job.tokens > SHARED_TEXT_TOKENS) return false;
    tokens += job.tokens;
    return true;
  };
}

function admittingRows(first: Job): (job: Job) => boolean {
  let shape = shapeOf(first.work);
  return ({ work }) => {
    const other = shapeOf(work);
    const both = {
      count: shape.count + other.count,
      longest: Math.max(shape.longest, other.longest),
      shortest: Math.min(shape.shortest, other.shortest),
    };
    if (!fit(both, first.sharing!.fill, SHARED_TOKENS)) return false;
    shape = both;
    return true;
  };
}

/** Gives each job its part of what was done together: of the time too, by its tokens. */
export function resolveTogether(jobs: readonly Job[], result: Result<Work>, timing: Timing | undefined): void {
  if (jobs.length === 1) {
    jobs[0]!.resolve(result, timing);
    return;
  }
  const works = jobs.map(({ work }) => work);
  const parts = splitResult(works, result);
  const tokens = jobs.reduce((sum, job) => sum + job.tokens, 0);
  const inputs = works.reduce((sum, work) => sum + inputsOf(work), 0);
  const longest = Math.max(...works.map((work) => shapeOf(work).longest));
  for (const [i, job] of jobs.entries()) {
    job.resolve(parts[i]!, timing && scaled(timing, job.tokens / tokens), { inputs, tokens, longest, leads: i === 0 });
  }
}

function scaled({ tokenizeMs, runMs, postprocessMs }: Timing, by: number): Timing {
  return { tokenizeMs: by * tokenizeMs, runMs: by * runMs, postprocessMs: by * postprocessMs };
}
