import type { FromWorker, ToWorker, WorkerStart } from "../protocol.js";

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
