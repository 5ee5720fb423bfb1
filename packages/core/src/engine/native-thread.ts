import { Worker } from "node:worker_threads";
import type { Gate, NativeThreadData } from "../protocol.js";
import { closeGate, createGate, guardExit } from "./native-gate.js";
import { forbidTelemetry } from "./telemetry.js";
import { workerEnvironment } from "./worker-environment.js";

/** A thread that runs native code and can be stopped at any time without harm to the process. */
export class NativeThread extends Worker {
  readonly #gate: Gate;

  /** `entry`: a built file of this package: a worker cannot start from TypeScript on Node 20. */
  constructor(entry: URL, data: object) {
    const gate = createGate();
    const allowTelemetry = forbidTelemetry();
    super(entry, {
      workerData: { ...data, gate } satisfies NativeThreadData,
      name: "bge-js",
      // The application's own flags (--input-type, --import, a loader) are not for this thread.
      execArgv: [],
      env: workerEnvironment(),
      // What a worker makes is short-lived or large; more room for it was 20 MB a worker, and no faster.
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    this.#gate = gate;
    this.once("exit", guardExit(gate));
    this.once("exit", allowTelemetry);
  }

  /** Ends the thread as soon as it is outside of native code; what it was doing is lost. */
  override async terminate(): Promise<number> {
    await closeGate(this.#gate);
    return super.terminate();
  }
}
