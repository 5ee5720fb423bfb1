import { isMainThread } from "node:worker_threads";
import { invalid } from "../api/errors.js";
import { isSingleExecutable } from "./single-executable.js";
import { allowsTelemetry } from "./telemetry.js";

export type Isolation = "thread" | "process";

/**
 * Returns where workers run. By default that is in threads, but in processes if the caller is itself a worker thread:
 * terminating that thread while native code runs in a nested one would end the process, and a thread cannot change the
 * environment that ONNX Runtime reads. Nor can a program in Bun. A single executable can start threads alone.
 * @throws BgeError `INVALID_OPTION`
 */
export function isolationOf(asked: Isolation | undefined): Isolation {
  const alone = isSingleExecutable();
  if (alone && asked === "process") {
    throw invalid("isolation", 'cannot be "process" in a single executable, which would start itself instead');
  }
  const where = isMainThread ? (IN_BUN ? "in Bun" : undefined) : "inside a worker thread";
  if (where === undefined) return asked ?? "thread";
  const chosen = asked ?? (alone ? "thread" : "process");
  if (chosen === "thread" && allowsTelemetry()) {
    throw invalid(
      "isolation",
      `cannot be "thread" ${where}, where ONNX Runtime's telemetry cannot be turned off. ` +
        `${alone ? "Start" : 'Omit it to use "process", or start'} the program with ORT_DISABLE_TELEMETRY=1 in its environment`,
    );
  }
  return chosen;
}

/** Bun keeps what is assigned to `process.env` to itself: native code reads the environment that the program started with. */
const IN_BUN = process.versions["bun"] !== undefined;
