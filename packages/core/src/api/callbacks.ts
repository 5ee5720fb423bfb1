import { types } from "node:util";
import { messageOf } from "./errors.js";

const announced = new WeakSet<object>();

/** Also a promise of a library. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    (typeof value === "object" || typeof value === "function") &&
    value !== null &&
    "then" in value &&
    typeof value.then === "function"
  );
}

/**
 * A callback of the caller's that is told of something. What it throws comes out of the call that tells it, unchanged. Nobody waits
 * for what it gives: a promise that rejects is a process warning (code `BGE_CALLBACK`), one for each callback, and the call goes on.
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

/** Tells once of each callback that it has failed where no call can say so. */
export function announce(name: string, callback: object, error: unknown): void {
  if (announced.has(callback)) return;
  announced.add(callback);
  process.emitWarning(
    `${name} failed: ${messageOf(error)}. Nothing waits for it, so catch errors inside of it. Further failures of this callback are not announced.`,
    { type: "BgeWarning", code: "BGE_CALLBACK", ...(error instanceof Error && error.stack && { detail: error.stack }) },
  );
}

/** Lets a promise that nobody will look at reject in peace. Another thenable may begin its work only when it is looked at. */
export function abandon(value: unknown): void {
  if (types.isPromise(value)) value.then(undefined, () => {});
}
