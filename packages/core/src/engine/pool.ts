import { BgeError, type BgeErrorCode } from "../errors.js";
import { threadBudget } from "./budget.js";
import type { FromWorker, ModelInfo, Result, ToWorker, Work, WorkerStart } from "./messages.js";
import { createQueue, type Lane } from "./queue.js";
import { InferenceThread } from "./thread.js";
import type { ThreadPlan } from "./threads.js";

/** One call's access to the engine: what it sends is done in order among other callers' work, until it closes. */
export interface EngineCall {
  run<W extends Work>(work: W): Promise<Result<W>>;
  /** Drops what has not begun; its promises, and those of what is running, never settle. */
  close(): void;
}

/** Runs batches elsewhere: a pool of worker threads, each with its own inference session. */
export interface Engine {
  readonly info: ModelInfo;
  /** Opens a call; `urgent` ones (queries) go before the others. */
  open(options?: { readonly urgent?: boolean }): EngineCall;
  dispose(): Promise<void>;
}

interface Job {
  readonly work: Work;
  resolve(result: Result<Work>): void;
  reject(error: BgeError): void;
}

interface Slot {
  readonly worker: InferenceThread;
  state: "starting" | "idle" | "busy" | "closing";
  job: Job | undefined;
}

/** Starts the first worker and opens the model in it; the others start when there is work for them. */
export async function startEngine(start: WorkerStart, plan: ThreadPlan): Promise<Engine> {
  const budget = threadBudget();
  const disallow = budget.allow(plan.workers * plan.threadsPerWorker);
  const queue = createQueue<Job>();
  const slots = new Set<Slot>();
  let disposed = false;
  let disposing: Promise<void> | undefined;

  function startWorker(onReady: (info: ModelInfo) => void, onFailure: (error: BgeError) => void): void {
    const worker = new InferenceThread(start);
    const slot: Slot = { worker, state: "starting", job: undefined };
    slots.add(slot);
    let failure: BgeError | undefined;
    worker.on("message", (message: FromWorker) => {
      if (message.type === "ready") {
        // One that is being closed stays as it is, and keeps the process until it has ended.
        if (slot.state === "starting") becomeIdle(slot);
        onReady(message.info);
        dispatch();
      } else if (message.type === "cannot-start") {
        failure = new BgeError(message.code as BgeErrorCode, message.message);
      } else {
        finish(slot, message);
      }
    });
    worker.on("error", (cause) => {
      failure ??= new BgeError(
        "WORKER_LOST",
        `A worker thread failed: ${String(cause)}. Its batch is lost; call again.`,
        { cause },
      );
    });
    worker.on("exit", (exitCode) => {
      const lost =
        failure ??
        new BgeError(
          "WORKER_LOST",
          `A worker thread ended (exit code ${exitCode}) in the middle of its work. Its batch is lost; call again.`,
        );
      slots.delete(slot);
      takeJob(slot)?.reject(lost);
      if (disposed) return;
      if (slot.state === "starting") onFailure(lost);
      else dispatch();
    });
  }

  function becomeIdle(slot: Slot): void {
    slot.state = "idle";
    // A worker with nothing to do must not keep the process alive.
    slot.worker.unref();
  }

  /** Ends what a worker was busy with, and gives its threads back. */
  function takeJob(slot: Slot): Job | undefined {
    const { job } = slot;
    if (job === undefined) return undefined;
    slot.job = undefined;
    budget.release(plan.threadsPerWorker);
    return job;
  }

  function finish(slot: Slot, message: Extract<FromWorker, { type: "done" | "failed" }>): void {
    const job = takeJob(slot);
    if (slot.state === "busy") becomeIdle(slot);
    dispatch();
    if (message.type === "done") job?.resolve(message.result);
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
      idle.state = "busy";
      idle.job = job;
      idle.worker.ref();
      idle.worker.postMessage(job.work satisfies ToWorker);
    }
    // Who can run nothing now must not hold up the models behind it.
    budget.leave(dispatch);
  }

  /** One more worker, where there is room for one and work that no starting worker will take. */
  function startReplacement(): void {
    const starting = [...slots].filter((slot) => slot.state === "starting").length;
    if (slots.size >= plan.workers || starting >= queue.size) return;
    startWorker(
      () => {},
      (error) => {
        // Others may stand and go on; if none does, whoever waits must hear of it.
        if (slots.size > 0) return;
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
        const exit = new Promise((resolve) => slot.worker.once("exit", resolve));
        // Its threads are given back when it has ended: until then it computes.
        slot.job?.reject(ended);
        slot.state = "closing";
        slot.worker.ref();
        slot.worker.postMessage({ type: "close" } satisfies ToWorker);
        await exit;
      }),
    );
  }

  const info = await new Promise<ModelInfo>(startWorker).catch((error: unknown) => {
    disallow();
    throw error;
  });

  return {
    info,
    open({ urgent = false } = {}) {
      const lane: Lane<Job> = { urgent, items: [] };
      let closed = false;
      return {
        run: <W extends Work>(work: W) =>
          new Promise<Result<W>>((resolve, reject) => {
            if (disposed) return reject(new BgeError("DISPOSED", "The model was disposed. Load it again to go on."));
            if (closed) return;
            // The worker answers each kind of work with its own kind of result.
            queue.push(lane, { work, resolve: resolve as (result: Result<Work>) => void, reject });
            dispatch();
          }),
        close() {
          closed = true;
          queue.drop(lane);
          dispatch();
        },
      };
    },
    dispose: () => (disposing ??= closeAll()),
  };
}
