import { monotonic } from "../clock.js";
import type { Timing } from "../protocol.js";

/** The stages of a piece of work. Each runs through its own function, which measures the time if timings are wanted. */
export interface Stages {
  tokenize<T>(stage: () => T): T;
  /** Counts as tokenization: a picture is read, decoded and resized. */
  prepare<T>(stage: () => Promise<T>): Promise<T>;
  run<T>(stage: () => Promise<T>): Promise<T>;
  postprocess<T>(stage: () => T): T;
  read(): Timing | undefined;
}

const UNTIMED: Stages = {
  tokenize: (stage) => stage(),
  prepare: (stage) => stage(),
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
  async function timeAsync<T>(name: keyof Timing, stage: () => Promise<T>): Promise<T> {
    const begun = monotonic();
    const result = await stage();
    times[name] += monotonic() - begun;
    return result;
  }
  return {
    tokenize: (stage) => time("tokenizeMs", stage),
    prepare: (stage) => timeAsync("tokenizeMs", stage),
    run: (stage) => timeAsync("runMs", stage),
    postprocess: (stage) => time("postprocessMs", stage),
    read: () => times,
  };
}
