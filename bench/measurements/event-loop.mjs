import { monitorEventLoopDelay } from "node:perf_hooks";

const RESOLUTION_MS = 1;

/**
 * The event loop's delay until `stop`: p99 and longest, in milliseconds. The histogram holds the time between two ticks of a
 * timer of 1 ms, so that millisecond is taken off.
 */
export function watchLoop() {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  return {
    stop() {
      histogram.disable();
      const delay = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
      return { p99: delay(histogram.percentile(99)), longest: delay(histogram.max) };
    },
  };
}
