import { BgeError } from "@bge-js/core";
import { abortable } from "@bge-js/core/adapter";

/** The time between the loading of a retriever and its disposal. */
export interface Lifetime {
  /** Runs a call until it ends, its signal aborts or the retriever is disposed. */
  untilDisposed<T>(call: (signal: AbortSignal) => Promise<T>, signal: AbortSignal | undefined): Promise<T>;
  /** @throws BgeError `DISPOSED` */
  throwIfDisposed(): void;
  isDisposed(): boolean;
  /** Ends the calls that are pending. May be called repeatedly. */
  end(): void;
}

export function createLifetime(): Lifetime {
  const ending = new AbortController();
  return {
    async untilDisposed(call, signal) {
      ending.signal.throwIfAborted();
      const own = new AbortController();
      const orAbort = abortable(signal);
      const orEnd = abortable(ending.signal);
      try {
        return await orEnd(orAbort(call(own.signal)));
      } finally {
        own.abort(ending.signal.reason ?? signal?.reason);
      }
    },
    throwIfDisposed: () => ending.signal.throwIfAborted(),
    isDisposed: () => ending.signal.aborted,
    end() {
      if (ending.signal.aborted) return;
      ending.abort(gone());
    },
  };
}

export function gone(): BgeError {
  return new BgeError("DISPOSED", "The retriever was disposed. Load it again to continue.");
}
