import { BgeError } from "./api/errors.js";
import type { Outcome } from "./api/events.js";

/** Time since it was started, as events tell it. */
export interface Stopwatch {
  readonly startedAt: number;
  read(): { readonly startedAt: number; readonly durationMs: number };
}

export function startStopwatch(): Stopwatch {
  const begun = performance.now();
  const startedAt = performance.timeOrigin + begun;
  return { startedAt, read: () => ({ startedAt, durationMs: performance.now() - begun }) };
}

export function outcomeOf(error: unknown, signal?: AbortSignal): Outcome {
  if (error instanceof BgeError) return error.code;
  return signal?.aborted ? "aborted" : "failed";
}
