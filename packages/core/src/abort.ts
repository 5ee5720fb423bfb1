import { BgeError, invalid } from "./api/errors.js";
import { isAbortSignal } from "./checks.js";
import { clearTimeout, setTimeout } from "./clock.js";

/** The longest delay Node's timers accept. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Calls `end` when the deadline passes, at once if it already has. Returns a function that cancels it. */
export function atDeadline(deadlineMs: number | undefined, end: (error: BgeError) => void): () => void {
  if (deadlineMs === undefined || deadlineMs > LONGEST_TIMER_MS) return () => {};
  const pass = () => end(new BgeError("DEADLINE_EXCEEDED", `Not finished after ${deadlineMs} ms (deadlineMs)`));
  if (deadlineMs <= 0) {
    pass();
    return () => {};
  }
  // Pending work keeps the process alive; the timer need not.
  const timer = setTimeout(pass, deadlineMs).unref();
  return () => clearTimeout(timer);
}

/**
 * Returns a wrapper that makes a promise reject with the signal's reason as soon as it aborts. It leaves nothing on the signal,
 * unlike `Promise.race`, which would hold every promise it ever waited for as long as the signal lives.
 */
export function abortable(signal: AbortSignal | undefined): <T>(promise: Promise<T>) => Promise<T> {
  if (signal === undefined) return (promise) => promise;
  if (!isAbortSignal(signal)) throw invalid("signal", "must be an AbortSignal");
  signal.throwIfAborted();
  return (promise) =>
    new Promise((resolve, reject) => {
      const abort = () => reject(signal.reason);
      const forget = onAbort(signal, abort);
      promise.then(resolve, reject).finally(forget);
    });
}

/** The callbacks waiting on each signal. They share one listener, because Node warns of a leak from the eleventh on. */
const waiting = new WeakMap<AbortSignal, { readonly calls: Set<() => void>; readonly listener: () => void }>();

/** Calls `abort` when the signal aborts, at once if it already has. Returns a function that unsubscribes. */
export function onAbort(signal: AbortSignal, abort: () => void): () => void {
  if (signal.aborted) {
    abort();
    return () => {};
  }
  const { calls, listener } = waiting.get(signal) ?? listen(signal);
  calls.add(abort);
  return () => {
    calls.delete(abort);
    if (calls.size > 0) return;
    signal.removeEventListener("abort", listener);
    waiting.delete(signal);
  };
}

function listen(signal: AbortSignal) {
  const calls = new Set<() => void>();
  const listener = () => {
    for (const abort of calls) abort();
  };
  signal.addEventListener("abort", listener, { once: true });
  const entry = { calls, listener };
  waiting.set(signal, entry);
  return entry;
}
