import { performance } from "node:perf_hooks";
import * as timers from "node:timers";
import * as timersPromises from "node:timers/promises";

/**
 * Node's own timers and clocks, captured when this package is loaded. Test runners replace both the globals and the exports of
 * Node's modules with fakes that stand still, but download locks, deadlines and turns of the event loop must go on. The linter
 * allows no other timer or clock in this package.
 */
export const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate } = timers;

/** Resolves after the given number of milliseconds. */
export const { setTimeout: sleep } = timersPromises;

/** Milliseconds since `timeOrigin`, from a clock that never goes back. */
export const monotonic: () => number = performance.now.bind(performance);
export const { timeOrigin } = performance;

/** Milliseconds since 1970, for comparison with file times and server dates. */
export const { now: wallClock, parse: parseDate } = globalThis.Date;

/** Resolves on the next turn of the event loop, after everything that is ready now. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
