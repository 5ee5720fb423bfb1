import { isMainThread } from "node:worker_threads";
import { invalid } from "../api/errors.js";
import { allowsTelemetry } from "./telemetry.js";

export type Isolation = "thread" | "process";

/**
 * Where workers live. A thread of the user's own may be terminated while native code runs in one of ours below it, which ends
 * the process; nor can it change the environment that ONNX Runtime reads. @throws BgeError `INVALID_OPTION`
 */
export function isolationOf(asked: Isolation | undefined): Isolation {
  if (isMainThread) return asked ?? "thread";
  if (asked === "thread" && allowsTelemetry()) {
    throw invalid(
      "isolation",
      'must not be "thread" inside a worker thread, where ONNX Runtime\'s telemetry cannot be turned off. ' +
        'Leave it out, for "process", or start the program with ORT_DISABLE_TELEMETRY=1 in its environment',
    );
  }
  return asked ?? "process";
}
