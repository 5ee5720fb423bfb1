import { performance } from "node:perf_hooks";
import * as timers from "node:timers";
import * as timersPromises from "node:timers/promises";

/**
 * Node's own timers and clocks, as they are when this package is loaded. Test runners put others in their places that stand
 * still: in the global ones, and in those of Node's modules. What runs beside a test goes on all the same: a download's lock,
 * a deadline, a turn of the event loop. The linter allows no other timer or clock in this package.
 */
export const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate } = timers;

/** Resolves after some milliseconds. */
export const { setTimeout: sleep } = timersPromises;

/** Milliseconds since `timeOrigin`, by a clock that never goes back. */
export const monotonic: () => number = performance.now.bind(performance);
export const { timeOrigin } = performance;

/** Milliseconds since 1970, to compare with what files and servers say. */
export const { now: wallClock, parse: parseDate } = globalThis.Date;

/** Resolves once whatever is ready now has had its turn. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
