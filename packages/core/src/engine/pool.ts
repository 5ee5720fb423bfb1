import { BgeError, type BgeErrorCode } from "../api/errors.js";
import { monotonic } from "../clock.js";
import type { FromWorker, ModelInfo, WorkerStart } from "../protocol.js";
import { ownFloats, type Result, type Work } from "../protocol.js";
import { type CallSettings, createCall, type EngineCall, type Job } from "./call.js";
import { createQueue } from "./queue.js";
import { threadBudget } from "./thread-budget.js";
import type { ThreadPlan } from "./thread-plan.js";
import type { StartWorker, WorkerHandle } from "./workers.js";

export type { EngineCall } from "./call.js";

/** Runs batches elsewhere: a pool of workers, each with its own inference session. */
export interface Engine {
  readonly info: ModelInfo;
  open(settings?: CallSettings): EngineCall;
  /** What waits and what is running rejects with `DISPOSED`; resolves once the workers have ended. */
  dispose(): Promise<void>;
}

interface Slot {
  readonly worker: WorkerHandle;
  readonly ended: Promise<void>;
  state: "starting" | "idle" | "busy" | "closing";
  job: Job | undefined;
  /** Threads that its job holds. */
  threads: number;
}

/** Tokens up to which a query that runs alone is worth more threads than others of its worker's. */
const LONE_TOKENS = 64;

/** While other workers stand, the first start after one that failed waits so long; twice as long after each further one. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** Workers in a row that may die before they stand. */
const MOST_LOST_STARTS = 3;

/** Starts the first worker and opens the model in it; the others start when there is work for them. */
export async function startEngine(start: WorkerStart, plan: ThreadPlan, starter: StartWorker): Promise<Engine> {
  const budget = threadBudget();
  const disallow = budget.allow(plan.workers * plan.threadsPerWorker);
  const queue = createQueue<Job>(({ tokens }) => tokens);
  const slots = new Set<Slot>();
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
          // One that is being closed stays as it is, and keeps the process until it has ended.
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
        lose(takeJob(slot), lostError(`A worker ended (${how}) in the middle of its work.`, cause));
        if (disposed) return;
        if (slot.state !== "starting") dispatch();
        else onFailure(cannotStart ?? lostError(`A worker ended (${how}) before the model was open.`, cause));
      },
    });
    const slot: Slot = {
      worker,
      state: "starting",
      job: undefined,
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

  /** Ends what a worker was busy with, and gives its threads back. */
  function takeJob(slot: Slot): Job | undefined {
    const { job } = slot;
    if (job === undefined) return undefined;
    slot.job = undefined;
    budget.release(slot.threads);
    return job;
  }

  function lose(job: Job | undefined, error: BgeError): void {
    if (job === undefined) return;
    if (!disposed && job.lost()) queue.putBack(job.lane, job);
    else job.reject(error);
  }

  function finish(slot: Slot, message: Extract<FromWorker, { type: "done" | "failed" }>): void {
    const job = takeJob(slot);
    if (slot.state === "busy") becomeIdle(slot);
    dispatch();
    if (message.type === "done") job?.resolve(inThisRealm(message.result), message.timing);
    else job?.reject(new BgeError("INFERENCE_FAILED", `The model failed on a batch: ${message.message}`));
  }

  function dispatch(): void {
    while (queue.size > 0 && !disposed) {
      const idle = [...slots].find((slot) => slot.state === "idle");
      if (idle === undefined) {
        startReplacement();
        break;
      }
      if (!budget.acquire(plan.threadsPerWorker, queue.urgent, dispatch)) return;
      const job = queue.next()!;
      const lone = runsAlone(job);
      idle.state = "busy";
      idle.job = job;
      idle.threads = lone ? plan.loneThreads : plan.threadsPerWorker;
      idle.worker.hold(true);
      job.begin();
      idle.worker.send(lone ? { ...job.work, lone: true } : job.work);
    }
    // Who can run nothing now must not hold up the models behind it.
    budget.leave(dispatch);
  }

  /** Takes the threads of a query that finds everything idle, and is short. */
  function runsAlone({ lane, tokens }: Job): boolean {
    const more = plan.loneThreads - plan.threadsPerWorker;
    if (more === 0 || !lane.urgent || tokens > LONE_TOKENS || queue.size > 0) return false;
    return budget.acquireAlone(plan.threadsPerWorker, more);
  }

  /** One more worker, where there is room for one and work that no starting worker will take. */
  function startReplacement(): void {
    const starting = [...slots].filter((slot) => slot.state === "starting").length;
    if (slots.size >= plan.workers || starting >= queue.size) return;
    if (slots.size > 0 && monotonic() < noStartBefore) return;
    startWorker(
      () => {},
      (error) => {
        noStartBefore = monotonic() + Math.min(FIRST_PAUSE_MS * 2 ** failedStarts++, LONGEST_PAUSE_MS);
        // Others may stand and go on; if none does, whoever waits must hear of it.
        if (slots.size > 0) return;
        // One that says why it cannot start would say so again; one that died may do better.
        if (error.code === "WORKER_LOST" && failedStarts < MOST_LOST_STARTS) return dispatch();
        for (let job = queue.next(); job !== undefined; job = queue.next()) job.reject(error);
      },
    );
  }

  async function closeAll(): Promise<void> {
    disposed = true;
    disallow();
    budget.leave(dispatch);
    const ended = new BgeError("DISPOSED", "The model was disposed while this was under way. Load it again to go on.");
    for (let job = queue.next(); job !== undefined; job = queue.next()) job.reject(ended);
    await Promise.all(
      [...slots].map(async (slot) => {
        // Its threads are given back when it has ended: until then it computes.
        slot.job?.reject(ended);
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

/** What callers may get to see of a message. */
function inThisRealm(result: Result<Work>): Result<Work> {
  return "data" in result ? { ...result, data: ownFloats(result.data) } : result;
}

function lostError(message: string, cause: unknown): BgeError {
  return new BgeError("WORKER_LOST", message, { cause });
}
