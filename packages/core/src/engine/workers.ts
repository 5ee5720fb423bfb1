import { type ChildProcess, fork } from "node:child_process";
import { messageOf } from "../api/errors.js";
import { publish, startStopwatch, type WorkerEvent } from "../api/events.js";
import { setImmediate } from "../clock.js";
import type { FromWorker, ToWorker, WorkerStart } from "../protocol.js";
import type { TracedModel } from "./call-trace.js";
import { entryFile, entryUrl } from "./entries.js";
import type { Isolation } from "./isolation.js";
import { NativeThread } from "./native-thread.js";
import { workerPlace } from "./worker-environment.js";

/** A worker as the pool sees it, be it a thread or a process. It ends by itself after a `close` message. */
export interface WorkerHandle {
  /** Never throws: what a dead worker is told is lost, and its end is told in any case. */
  send(message: ToWorker): void;
  /** Whether the worker keeps this process from ending; at first it does. */
  hold(yes: boolean): void;
}

/** What a worker's starter is told. Nothing is told before the starting function has returned. */
export interface WorkerEvents {
  onMessage(message: FromWorker): void;
  /** Once, after the last message: how it ended, for a message ("exit code 1"). */
  onEnd(how: string, cause?: unknown): void;
}

export type StartWorker = (start: WorkerStart, events: WorkerEvents) => WorkerHandle;

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

/** A kind of worker, and what starts one. */
export interface WorkerKind {
  readonly isolation: Isolation;
  readonly starter: StartWorker;
}

/** A starter of workers whose lives can be followed, each where `choose` says. */
export function watched(choose: () => WorkerKind, about: TracedModel): StartWorker {
  let lost = 0;
  return (start, events) => {
    const watch = startStopwatch();
    const { isolation, starter } = choose();
    const replacement = lost > 0;
    if (replacement) lost--;
    let stands = false;
    let closing = false;
    let cannotStart: string | undefined;
    const tell = (state: WorkerEvent["state"], reason?: string) =>
      publish("bge-js:worker", () => ({
        ...about,
        isolation,
        state,
        replacement,
        ageMs: watch.read().durationMs,
        ...(reason === undefined ? {} : { reason }),
      }));
    tell("started");
    const worker = starter(start, {
      onMessage(message) {
        if (message.type === "ready") {
          stands = true;
          tell("ready");
        } else if (message.type === "cannot-start") cannotStart = message.message;
        events.onMessage(message);
      },
      onEnd(how, cause) {
        if (closing) tell("ended");
        else {
          lost++;
          tell(stands ? "lost" : "failed", cannotStart ?? how);
        }
        events.onEnd(how, cause);
      },
    });
    return {
      hold: worker.hold,
      send(message) {
        closing ||= message.type === "close";
        worker.send(message);
      },
    };
  };
}
