import { types } from "node:util";
import { messageOf } from "./errors.js";

const announced = new WeakSet<object>();

/** True if the value is a promise, including one from a library. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === "object" || typeof value === "function") &&
    value !== null &&
    "then" in value &&
    typeof value.then === "function"
  );
}

/**
 * Wraps a user's callback. What it throws propagates unchanged. A promise it returns is not awaited; if it rejects, that is a process
 * warning (code `BGE_CALLBACK`), once per callback, and the call goes on.
 */
export function listener<Args extends unknown[]>(
  name: string,
  callback: ((...args: Args) => unknown) | undefined,
): ((...args: Args) => void) | undefined {
  if (callback === undefined) return undefined;
  return (...args) => {
    const value = callback(...args);
    if (types.isPromise(value)) value.then(undefined, (error: unknown) => announce(name, callback, error));
  };
}

/** Emits one process warning per callback that failed where no call can report it. */
export function announce(name: string, callback: object, error: unknown): void {
  if (announced.has(callback)) return;
  announced.add(callback);
  process.emitWarning(
    `${name} failed: ${messageOf(error)}. Its promise is not awaited, so catch errors inside the callback. Further failures of this callback are not reported.`,
    { type: "BgeWarning", code: "BGE_CALLBACK", ...(error instanceof Error && error.stack && { detail: error.stack }) },
  );
}

/** Ignores the rejection of an unused promise. Other thenables are left alone, since some start working only on `then`. */
export function abandon(value: unknown): void {
  if (types.isPromise(value)) value.then(undefined, () => {});
}
