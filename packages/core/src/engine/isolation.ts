import { isMainThread } from "node:worker_threads";
import { invalid } from "../api/errors.js";
import { allowsTelemetry } from "./telemetry.js";

export type Isolation = "thread" | "process";

/**
 * Returns where workers run. By default that is in threads, but in processes if the caller is itself a worker thread:
 * terminating that thread while native code runs in a nested one would end the process, and a thread cannot change the
 * environment that ONNX Runtime reads. @throws BgeError `INVALID_OPTION`
 */
export function isolationOf(asked: Isolation | undefined): Isolation {
  if (isMainThread) return asked ?? "thread";
  if (asked === "thread" && allowsTelemetry()) {
    throw invalid(
      "isolation",
      'cannot be "thread" inside a worker thread, where ONNX Runtime\'s telemetry cannot be turned off. ' +
        'Omit it to use "process", or start the program with ORT_DISABLE_TELEMETRY=1 in its environment',
    );
  }
  return asked ?? "process";
}
