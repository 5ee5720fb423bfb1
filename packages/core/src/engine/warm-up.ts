import type { Worker } from "node:worker_threads";
import { entryUrl } from "./entries.js";
import { startNativeThread } from "./native-thread.js";
import { containerCpus } from "./thread-plan.js";

/** Waits for the thread to end. The process stays alive until then. */
export type WarmedUp = () => Promise<void>;

/**
 * Opens a one-node graph in a separate thread, once per process: ONNX Runtime's first session takes some 35 ms longer
 * than later ones. The first worker, which starts at the same time, needs that long for its modules and tokenizer.
 * Errors are ignored: they recur in the worker, which reports them.
 */
export function warmUp(): WarmedUp {
  warming ??= containerCpus() > 1 ? runThread() : async () => {};
  return warming;
}

let warming: WarmedUp | undefined;

function runThread(): WarmedUp {
  let thread: Worker;
  try {
    thread = startNativeThread(entryUrl("warmUp"), {});
  } catch {
    return async () => {};
  }
  // Nobody waits for it yet.
  thread.unref();
  thread.on("error", () => {});
  const ended = new Promise<void>((resolve) => thread.once("exit", () => resolve()));
  return () => {
    thread.ref();
    return ended;
  };
}
