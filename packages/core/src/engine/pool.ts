import { BgeError, type BgeErrorCode } from "../api/errors.js";
import { monotonic } from "../clock.js";
import type { FromWorker, ModelInfo, WorkerStart } from "../protocol.js";
import { ownFloats, type Result, type Work } from "../protocol.js";
import { type CallSettings, createCall, type EngineCall, type Job } from "./call.js";
import { joinWork } from "./joint-work.js";
import { createQueue } from "./queue.js";
import { threadBudget } from "./thread-budget.js";
import type { ThreadPlan } from "./thread-plan.js";
import { resolveTogether, takeTogether } from "./together.js";
import type { StartWorker, WorkerHandle } from "./workers.js";

export type { EngineCall } from "./call.js";

/** A pool of workers that run batches, each with its own inference session. */
export interface Engine {
  readonly info: ModelInfo;
  open(settings?: CallSettings): EngineCall;
  /** Rejects queued and running work with `DISPOSED`. Resolves once all workers have ended. */
  dispose(): Promise<void>;
}

interface Slot {
  readonly worker: WorkerHandle;
  readonly ended: Promise<void>;
  state: "starting" | "idle" | "busy" | "closing";
  /** Its work: one job, or several that are done together. */
  jobs: readonly Job[];
  /** Threads held by its work. */
  threads: number;
}

/** A lone query of up to this many tokens gets additional threads. */
const LONE_TOKENS = 64;

/**
 * So many times short queries alone must wait before another worker is started for them: they wait for milliseconds, a start takes a
 * fifth of a second of a processor, and a program that asks once would end later by as much.
 */
const SHORT_WAITS = 8;

/**
 * While other workers are up, the delay before the next start after a failed one. Doubles with each further failure.
 */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** How many workers in a row may die before they are ready. */
const MOST_LOST_STARTS = 3;

/** Starts the first worker and opens the model in it. The others start when there is work for them. */
export async function startEngine(start: WorkerStart, plan: ThreadPlan, starter: StartWorker): Promise<Engine> {
  const budget = threadBudget();
  const disallow = budget.allow(plan.workers * plan.threadsPerWorker);
  const queue = createQueue<Job>(({ tokens }) => tokens);
  const slots = new Set<Slot>();
  let shortWaits = 0;
  let failedStarts = 0;
  let noStartBefore = 0;
  let disposed = false;
  let disposing: Promise<void> | undefined;

  function startWorker(onReady: (info: ModelInfo) => void, onFailure: (error: BgeError) => void): void {
    let cannotStart: BgeError | undefined;
    let tellEnd = () => {};
    const worker = starter(start, {
      onMessage(message) {
        if (message.type === "ready") {
          failedStarts = 0;
          // A worker that is being closed keeps its state, and keeps the process alive until it has ended.
          if (slot.state === "starting") becomeIdle(slot);
          onReady(message.info);
          dispatch();
        } else if (message.type === "cannot-start") {
          cannotStart = new BgeError(message.code as BgeErrorCode, message.message);
        } else {
          finish(slot, message);
        }
      },
      onEnd(how, cause) {
        slots.delete(slot);
        tellEnd();
        lose(takeJobs(slot), lostError(`A worker ended (${how}) while it was working.`, cause));
        if (disposed) return;
        if (slot.state !== "starting") dispatch();
        else onFailure(cannotStart ?? lostError(`A worker ended (${how}) before it had opened the model.`, cause));
      },
    });
    const slot: Slot = {
      worker,
      state: "starting",
      jobs: [],
      threads: 0,
      ended: new Promise((resolve) => {
        tellEnd = resolve;
      }),
    };
    slots.add(slot);
  }

  function becomeIdle(slot: Slot): void {
    slot.state = "idle";
    // A worker with nothing to do must not keep the process alive.
    slot.worker.hold(false);
  }

  /** Takes the jobs from a worker and releases its threads. */
  function takeJobs(slot: Slot): readonly Job[] {
    const { jobs } = slot;
    if (jobs.length === 0) return jobs;
    slot.jobs = [];
    budget.release(slot.threads);
    return jobs;
  }

  function lose(jobs: readonly Job[], error: BgeError): void {
    const [job] = jobs;
    if (jobs.length > 1) separate(jobs, error);
    else if (!disposed && job?.lost()) queue.putBack(job.lane, job);
    else job?.reject(error);
  }

  /** Does the jobs again, each by itself, because only one of them may be at fault. */
  function separate(jobs: readonly Job[], error: BgeError): void {
    for (const job of [...jobs].reverse()) {
      job.sharing = undefined;
      if (disposed || job.ended()) job.reject(error);
      else queue.putBack(job.lane, job);
    }
  }

  function finish(slot: Slot, message: Extract<FromWorker, { type: "done" | "failed" }>): void {
    const jobs = takeJobs(slot);
    if (slot.state === "busy") becomeIdle(slot);
    if (message.type === "failed" && jobs.length > 1) separate(jobs, failureOf(message));
    dispatch();
    if (jobs.length === 0) return;
    if (message.type === "done") resolveTogether(jobs, inThisRealm(message.result), message.timing);
    else if (jobs.length === 1) jobs[0]!.reject(failureOf(message));
  }

  function dispatch(): void {
    while (queue.size > 0 && !disposed) {
      const [idle, ...others] = [...slots].filter((slot) => slot.state === "idle");
      if (idle === undefined) {
        startReplacement();
        break;
      }
      if (!budget.acquire(plan.threadsPerWorker, queue.urgent, dispatch)) return;
      const jobs = takeTogether(queue, 1 + others.length);
      const [job] = jobs as [Job];
      const lone = jobs.length === 1 && runsAlone(job);
      idle.state = "busy";
      idle.jobs = jobs;
      idle.threads = lone ? plan.loneThreads : plan.threadsPerWorker;
      idle.worker.hold(true);
      for (const { begin } of jobs) begin();
      const work = jobs.length === 1 ? job.work : joinWork(jobs.map((one) => one.work));
      idle.worker.send(lone ? { ...work, lone: true } : work);
    }
    // A pool with nothing to run must not hold up the models behind it.
    budget.leave(dispatch);
  }

  /** True for a short query, or a single picture, that finds everything idle. Acquires the additional threads for it. */
  function runsAlone({ lane, tokens, single }: Job): boolean {
    const more = plan.loneThreads - plan.threadsPerWorker;
    const small = single || (lane.urgent && tokens <= LONE_TOKENS);
    if (more === 0 || !small || queue.size > 0) return false;
    return budget.acquireAlone(plan.threadsPerWorker, more);
  }

  /** Starts another worker if there is room for one and no starting worker will take the queued work. */
  function startReplacement(): void {
    const starting = [...slots].filter((slot) => slot.state === "starting").length;
    if (slots.size >= plan.workers || starting >= queue.size) return;
    if (slots.size > 0 && monotonic() < noStartBefore) return;
    if (slots.size > 0 && isShort() && ++shortWaits < SHORT_WAITS) return;
    startWorker(
      () => {},
      (error) => {
        noStartBefore = monotonic() + Math.min(FIRST_PAUSE_MS * 2 ** failedStarts++, LONGEST_PAUSE_MS);
        // If other workers are up, they carry on. If none is, the callers must be told.
        if (slots.size > 0) return;
        // A worker that reported why it cannot start would fail again; one that died may start next time.
        if (error.code === "WORKER_LOST" && failedStarts < MOST_LOST_STARTS) return dispatch();
        for (let job = queue.next(); job !== undefined; job = queue.next()) job.reject(error);
      },
    );
  }

  /** True if all that waits and all that runs is short queries, together as long as one. */
  function isShort(): boolean {
    const running = [...slots]
      .flatMap(({ jobs }) => jobs)
      .every(({ lane, tokens }) => lane.urgent && tokens <= LONE_TOKENS);
    return running && queue.urgent && queue.ahead(false) <= LONE_TOKENS;
  }

  async function closeAll(): Promise<void> {
    disposed = true;
    disallow();
    budget.leave(dispatch);
    const ended = new BgeError("DISPOSED", "The model was disposed during this call. Load it again to continue.");
    for (let job = queue.next(); job !== undefined; job = queue.next()) job.reject(ended);
    await Promise.all(
      [...slots].map(async (slot) => {
        // Its threads are released once it has ended: it computes until then.
        for (const job of slot.jobs) job.reject(ended);
        slot.state = "closing";
        slot.worker.hold(true);
        slot.worker.send({ type: "close" });
        await slot.ended;
      }),
    );
  }

  const info = await new Promise<ModelInfo>(startWorker).catch((error: unknown) => {
    disallow();
    throw error;
  });

  return {
    info,
    open: (settings = {}) => createCall(queue, dispatch, settings),
    dispose: () => (disposing ??= closeAll()),
  };
}

function failureOf({ message, code, indices, parameter }: Extract<FromWorker, { type: "failed" }>): BgeError {
  if (code === undefined) return new BgeError("INFERENCE_FAILED", `The model failed on a batch: ${message}`);
  return new BgeError(code as BgeErrorCode, message, { ...(indices && { indices }), ...(parameter && { parameter }) });
}

/** Converts a worker's result to arrays of this realm. */
function inThisRealm(result: Result<Work>): Result<Work> {
  if ("numbers" in result) return { ...result, numbers: ownFloats(result.numbers) };
  return "data" in result ? { ...result, data: ownFloats(result.data) } : result;
}

function lostError(message: string, cause: unknown): BgeError {
  return new BgeError("WORKER_LOST", message, { cause });
}
