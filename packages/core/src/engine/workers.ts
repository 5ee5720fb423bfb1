import { type ChildProcess, fork } from "node:child_process";
import type { Worker } from "node:worker_threads";
import { messageOf } from "../api/errors.js";
import { publish, startStopwatch, type WorkerEvent } from "../api/events.js";
import { setImmediate } from "../clock.js";
import type { FromWorker, ToWorker, WorkerStart } from "../protocol.js";
import type { TracedModel } from "./call-trace.js";
import { entryFile, entryUrl } from "./entries.js";
import { createExitSet } from "./exit-set.js";
import type { Isolation } from "./isolation.js";
import { startNativeThread } from "./native-thread.js";
import { plugNPlayFlags } from "./plug-n-play.js";
import { workerPlace } from "./worker-environment.js";

/** The pool's handle to a worker, whether thread or process. The worker ends by itself after a `close` message. */
export interface WorkerHandle {
  /** Never throws. A message to a dead worker is lost; its end is reported in any case. */
  send(message: ToWorker): void;
  /** Sets whether the worker keeps this process alive, which it does initially. */
  hold(yes: boolean): void;
}

/** A worker's events. None is emitted before the starting function has returned. */
export interface WorkerEvents {
  onMessage(message: FromWorker): void;
  /** Called once, after the last message, with how the worker ended, such as "exit code 1". */
  onEnd(how: string, cause?: unknown): void;
}

export type StartWorker = (start: WorkerStart, events: WorkerEvents) => WorkerHandle;

/**
 * Starts a worker as a thread: it starts fast and transfers its results without a copy, but a native abort in it ends
 * this process too.
 */
export function startThread(start: WorkerStart, events: WorkerEvents): WorkerHandle {
  const { onMessage, onEnd } = events;
  let thread: Worker;
  try {
    thread = startNativeThread(entryUrl("worker"), start);
  } catch (cause) {
    return notStarted(events, cause);
  }
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

/** Starts a worker as a child process: nothing that happens to it, native aborts included, ends this process. */
export function startProcess(start: WorkerStart, events: WorkerEvents): WorkerHandle {
  const { onMessage, onEnd } = events;
  let child: ChildProcess;
  try {
    const place = workerPlace();
    child = fork(entryFile("process"), [JSON.stringify(start)], {
      // Keeps typed arrays as they are, where JSON would write out every number.
      serialization: "advanced",
      // The application's flags and its standard output are not for this process. The young generation is small because
      // a worker's objects are short-lived or large: Node's default only retains more of them.
      execArgv: ["--max-semi-space-size=2", ...plugNPlayFlags()],
      ...place,
      env: { ...MALLOC, ...place.env },
      stdio: ["ignore", 2, 2, "ipc"],
    });
  } catch (cause) {
    return notStarted(events, cause);
  }
  let failure: { readonly cause: unknown } | undefined;
  const forget = endWithParent(child);
  child.on("message", (message) => onMessage(withOwnBuffers(message) as FromWorker));
  child.on("error", (cause) => {
    failure ??= { cause };
    if (child.pid !== undefined) return;
    // A process that could not be started may emit `close` too, with the number of the error in place of an exit code.
    child.off("close", onClose);
    forget();
    notStarted(events, cause);
  });
  // Not `exit`, which may precede the last messages.
  child.once("close", onClose);
  function onClose(code: number | null, signal: NodeJS.Signals | null): void {
    forget();
    onEnd(signal === null ? `exit code ${code}` : `signal ${signal}`, failure?.cause);
  }
  return {
    // The callback receives the error if the channel is already closed.
    send: (message: ToWorker) => void child.send(message, () => {}),
    // In Bun the channel goes with the process, and has no such functions.
    hold(yes) {
      if (yes) {
        child.ref();
        child.channel?.ref?.();
      } else {
        child.unref();
        child.channel?.unref?.();
      }
    },
  };
}

/** Reports a worker that the system did not start. */
function notStarted({ onMessage, onEnd }: WorkerEvents, cause: unknown): WorkerHandle {
  const why = messageOf(cause);
  const limited = why.includes("EAGAIN")
    ? " The limit on threads and processes is reached, this user's or the container's."
    : "";
  setImmediate(() => {
    onMessage({
      type: "cannot-start",
      code: "WORKER_LOST",
      message: `A worker could not be started (${why}).${limited}`,
    });
    onEnd(why, cause);
  });
  return { send() {}, hold() {} };
}

/**
 * For glibc: returns large blocks to the system when they are freed. Otherwise the threshold rises with the blocks
 * freed while loading, and memory is retained; two workers took 37 MB less in a single measurement with bge-small int8.
 */
const MALLOC = { MALLOC_MMAP_THRESHOLD_: "131072" };

/**
 * Kills the child when this process exits, so that it need not finish its run first. Otherwise it ends by itself when
 * its channel closes.
 */
const endWithParent = createExitSet<ChildProcess>((children) => {
  for (const child of children) child.kill("SIGKILL");
});

/** Copies views into the channel's buffers to arrays that own theirs, as a thread's do: callers rely on `.buffer`. */
function withOwnBuffers(value: unknown): unknown {
  if (ArrayBuffer.isView(value)) return (value as Float32Array).slice();
  if (Array.isArray(value)) return value.map(withOwnBuffers);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withOwnBuffers(inner)]));
}

/** A kind of worker and the function that starts one. */
export interface WorkerKind {
  readonly isolation: Isolation;
  readonly starter: StartWorker;
}

/** Creates a starter that publishes the workers' life cycles. `choose` picks the kind of each. */
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
