import { type ChildProcess, fork } from "node:child_process";
import { setImmediate } from "../clock.js";
import type { FromWorker, ToWorker, WorkerStart } from "../protocol.js";
import { entryFile } from "./entries.js";
import { workerPlace } from "./worker-environment.js";
import type { WorkerEvents, WorkerHandle } from "./worker-handle.js";

/** A worker as a child process: whatever becomes of it, native aborts included, this process goes on. */
export function startProcess(start: WorkerStart, { onMessage, onEnd }: WorkerEvents): WorkerHandle {
  let child: ChildProcess;
  const place = workerPlace();
  try {
    child = fork(entryFile("process"), [JSON.stringify(start)], {
      // Typed arrays as they are; JSON would spell them out.
      serialization: "advanced",
      // The application's own flags are not for this process, nor is its standard output. As in a thread: what a worker makes
      // is short-lived or large, and a young generation of Node's size only holds more of it.
      execArgv: ["--max-semi-space-size=2"],
      ...place,
      env: { ...MALLOC, ...place.env },
      stdio: ["ignore", 2, 2, "ipc"],
    });
  } catch (cause) {
    setImmediate(() => onEnd(String(cause), cause));
    return { send() {}, hold() {} };
  }
  let failure: { readonly cause: unknown } | undefined;
  const forget = endWithParent(child);
  child.on("message", (message) => onMessage(withOwnBuffers(message) as FromWorker));
  child.on("error", (cause) => {
    failure ??= { cause };
    // One that could not be started has no other end.
    if (child.pid === undefined) end(String(cause));
  });
  // Not `exit`, which may come before the last messages.
  child.once("close", (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
  function end(how: string): void {
    forget();
    onEnd(how, failure?.cause);
  }
  return {
    // The callback takes the error of a channel that is closed already.
    send: (message: ToWorker) => void child.send(message, () => {}),
    hold(yes) {
      if (yes) {
        child.ref();
        child.channel?.ref();
      } else {
        child.unref();
        child.channel?.unref();
      }
    },
  };
}

/**
 * For glibc: large blocks go back to the system when they are freed. Otherwise the threshold grows with what loading a model
 * frees, and stays behind; 37 MB less for two workers together, seen once with bge-small int8.
 */
const MALLOC = { MALLOC_MMAP_THRESHOLD_: "131072" };

const children = new Set<ChildProcess>();

/** A child leaves by itself when its channel closes; at this process's own exit it need not finish its run first. */
function endWithParent(child: ChildProcess): () => void {
  if (children.size === 0) process.on("exit", killAll);
  children.add(child);
  return () => {
    children.delete(child);
    if (children.size === 0) process.off("exit", killAll);
  };
}

function killAll(): void {
  for (const child of children) child.kill("SIGKILL");
}

/** The channel gives views into its own buffers; a thread gives arrays that own theirs, and callers rely on `.buffer`. */
function withOwnBuffers(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return (value as Float32Array).slice();
  if (Array.isArray(value)) return value.map(withOwnBuffers);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withOwnBuffers(inner)]));
}
