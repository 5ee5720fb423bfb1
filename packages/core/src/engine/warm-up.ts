import { NativeThread } from "./native-thread.js";
import { containerCpus } from "./thread-plan.js";

/**
 * Opens a graph of one node in a thread of its own, once a process: the first session of ONNX Runtime takes some 35 ms more than
 * the next ones, and the first worker, which starts meanwhile, needs that time for its modules and its tokenizer. Resolves when
 * the thread has ended. What goes wrong there goes wrong in the worker, too, which says so.
 */
export function warmUp(): Promise<void> {
  warming ??= containerCpus() > 1 ? runThread().catch(() => {}) : Promise.resolve();
  return warming;
}

let warming: Promise<void> | undefined;

function runThread(): Promise<void> {
  return new Promise((resolve) => {
    const thread = new NativeThread(new URL("../worker/warm-up-entry.js", import.meta.url), {});
    thread.unref();
    thread.on("error", () => {});
    thread.once("exit", () => resolve());
  });
}
