import { monotonic } from "../clock.js";
import type { Timing } from "../protocol.js";

/** The stages of a piece of work. Each runs through its own function, which measures the time if timings are wanted. */
export interface Stages {
  tokenize<T>(stage: () => T): T;
  run<T>(stage: () => Promise<T>): Promise<T>;
  postprocess<T>(stage: () => T): T;
  read(): Timing | undefined;
}

const UNTIMED: Stages = {
  tokenize: (stage) => stage(),
  run: (stage) => stage(),
  postprocess: (stage) => stage(),
  read: () => undefined,
};

export function createStages(timed: boolean): Stages {
  if (!timed) return UNTIMED;
  const times = { tokenizeMs: 0, runMs: 0, postprocessMs: 0 };
  function time<T>(name: keyof Timing, stage: () => T): T {
    const begun = monotonic();
    const result = stage();
    times[name] += monotonic() - begun;
    return result;
  }
  return {
    tokenize: (stage) => time("tokenizeMs", stage),
    async run(stage) {
      const begun = monotonic();
      const result = await stage();
      times.runMs += monotonic() - begun;
      return result;
    },
    postprocess: (stage) => time("postprocessMs", stage),
    read: () => times,
  };
}
