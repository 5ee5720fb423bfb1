import { monotonic, turn } from "@bge-js/core/adapter";

/** How long a loop may hold the event loop, in milliseconds. */
const SLICE_MS = 1;

/** Cuts a long loop into slices: `if (slices.due()) await slices.next()`. */
export interface Slices {
  due(): boolean;
  /** Lets the event loop turn. Rejects if the signal has aborted. */
  next(): Promise<void>;
}

export function createSlices(signal?: AbortSignal): Slices {
  let start = monotonic();
  return {
    due: () => monotonic() - start > SLICE_MS,
    async next() {
      await turn();
      signal?.throwIfAborted();
      start = monotonic();
    },
  };
}
