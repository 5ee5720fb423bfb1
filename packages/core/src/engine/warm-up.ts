import { entryUrl } from "./entries.js";
import { NativeThread } from "./native-thread.js";
import { containerCpus } from "./thread-plan.js";

/** Waits until the thread has ended; the process does not end before. */
export type WarmedUp = () => Promise<void>;

/**
 * Opens a graph of one node in a thread of its own, once a process: the first session of ONNX Runtime takes some 35 ms more than
 * the next ones, and the first worker, which starts meanwhile, needs that time for its modules and its tokenizer. What goes wrong
 * there goes wrong in the worker, too, which says so.
 */
export function warmUp(): WarmedUp {
  warming ??= containerCpus() > 1 ? runThread() : async () => {};
  return warming;
}

let warming: WarmedUp | undefined;

function runThread(): WarmedUp {
  let thread: NativeThread;
  try {
    thread = new NativeThread(entryUrl("warmUp"), {});
  } catch {
    return async () => {};
  }
  // Nobody waits for it as yet.
  thread.unref();
  thread.on("error", () => {});
  const ended = new Promise<void>((resolve) => thread.once("exit", () => resolve()));
  return () => {
    thread.ref();
    return ended;
  };
}
