import { Worker } from "node:worker_threads";
import type { Gate, NativeThreadData } from "../protocol.js";
import { closeGate, createGate, guardExit } from "./native-gate.js";
import { plugNPlayFlags } from "./plug-n-play.js";
import { forbidTelemetry } from "./telemetry.js";
import { workerEnvironment } from "./worker-environment.js";

/** Starts a thread, with ONNX Runtime's telemetry off while it lives. Throws if the system has no thread or memory left for it. */
export function startNativeThread(entry: URL, data: object): Worker {
  const allowTelemetry = forbidTelemetry();
  try {
    return new NativeThread(entry, data).once("exit", allowTelemetry);
  } catch (cause) {
    allowTelemetry();
    throw cause;
  }
}

/** A thread that runs native code and can be stopped at any time without crashing the process. */
class NativeThread extends Worker {
  readonly #gate: Gate;

  /** `entry` must be a built file: Node 20 cannot start a worker from TypeScript. */
  constructor(entry: URL, data: object) {
    const gate = createGate();
    super(entry, {
      workerData: { ...data, gate } satisfies NativeThreadData,
      name: "bge-js",
      // The application's flags (--input-type, --import, a loader) do not apply to this thread.
      execArgv: plugNPlayFlags(),
      env: workerEnvironment(),
      // A worker's objects are short-lived or large. A larger young generation took 20 MB more per worker and was no
      // faster.
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    this.#gate = gate;
    this.once("exit", guardExit(gate));
  }

  /** Ends the thread as soon as it is outside native code. Its current work is lost. */
  override async terminate(): Promise<number> {
    await closeGate(this.#gate);
    return super.terminate();
  }
}
