import { Worker } from "node:worker_threads";
import type { WorkerData, WorkerStart } from "./messages.js";
import { closeGate, createGate, type Gate, guardExit } from "./native-gate.js";

/** A thread of inference that can be stopped at any time without harm to the process. */
export class InferenceThread extends Worker {
  readonly #gate: Gate;

  constructor(start: WorkerStart) {
    const gate = createGate();
    // The entry is this package's own built file: a worker cannot start from TypeScript on Node 20.
    super(new URL("./worker.js", import.meta.url), {
      workerData: { ...start, gate } satisfies WorkerData,
      name: "bge-js",
      // The application's own flags (--input-type, --import, a loader) are not for this thread.
      execArgv: [],
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
