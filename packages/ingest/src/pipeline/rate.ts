import { monotonic } from "@bge-js/core/adapter";

/** Milliseconds over which a rate is taken, and between two samples. */
const SPAN = 10_000;
const STEP = 1000;

/** How fast a count grows. */
export interface Rate {
  /** Returns the growth in a second, up to this count, over the last ten seconds or since the beginning. */
  at(count: number): number;
}

export function createRate(): Rate {
  const samples: { readonly time: number; readonly count: number }[] = [{ time: monotonic(), count: 0 }];
  return {
    at(count) {
      const time = monotonic();
      if (time - samples.at(-1)!.time >= STEP) samples.push({ time, count });
      while (samples.length > 1 && time - samples[1]!.time >= SPAN) samples.shift();
      const first = samples[0]!;
      return time === first.time ? 0 : (1000 * (count - first.count)) / (time - first.time);
    },
  };
}
