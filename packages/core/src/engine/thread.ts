import { messageOf } from "../api/errors.js";
import type { FromWorker, ToWorker, WorkerStart } from "../protocol.js";
import { entryUrl } from "./entries.js";
import { NativeThread } from "./native-thread.js";
import type { WorkerEvents, WorkerHandle } from "./worker-handle.js";

/** A worker as a thread: starts soon, moves its results without a copy; a native abort in it ends this process too. */
export function startThread(start: WorkerStart, { onMessage, onEnd }: WorkerEvents): WorkerHandle {
  const thread = new NativeThread(entryUrl("worker"), start);
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
