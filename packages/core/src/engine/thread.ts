import { Worker } from "node:worker_threads";
import { messageOf } from "../errors.js";
import type { FromWorker, ToWorker, WorkerData, WorkerStart } from "./messages.js";
import { closeGate, createGate, type Gate, guardExit } from "./native-gate.js";
import { workerEnvironment } from "./worker-environment.js";
import type { WorkerEvents, WorkerHandle } from "./worker-handle.js";

/** A worker as a thread: starts soon, moves its results without a copy; a native abort in it ends this process too. */
export function startThread(start: WorkerStart, { onMessage, onEnd }: WorkerEvents): WorkerHandle {
  const thread = new InferenceThread(start);
  let failure: { readonly cause: unknown } | undefined;
  thread.on("message", (message: FromWorker) => onMessage(message));
  thread.on("error", (cause) => {
    failure ??= { cause };
  });
  thread.on("exit", (exitCode) => {
    if (failure === undefined) onEnd(`exit code ${exitCode}`);
    else onEnd(messageOf(failure.cause), failure.cause);
  });
  return {
    send: (message: ToWorker) => thread.postMessage(message),
    hold: (yes) => (yes ? thread.ref() : thread.unref()),
  };
}

/** A thread of inference that can be stopped at any time without harm to the process. */
class InferenceThread extends Worker {
  readonly #gate: Gate;

  constructor(start: WorkerStart) {
    const gate = createGate();
    // The entry is this package's own built file: a worker cannot start from TypeScript on Node 20.
    super(new URL("./worker.js", import.meta.url), {
      workerData: { ...start, gate } satisfies WorkerData,
      name: "bge-js",
      // The application's own flags (--input-type, --import, a loader) are not for this thread.
      execArgv: [],
      env: workerEnvironment(),
      // What a worker makes is short-lived or large; more room for it was 20 MB a worker, and no faster.
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    this.#gate = gate;
    this.once("exit", guardExit(gate));
  }

  /** Ends the thread as soon as it is outside of native code; what it was doing is lost. */
  override async terminate(): Promise<number> {
    await closeGate(this.#gate);
    return super.terminate();
  }
}
