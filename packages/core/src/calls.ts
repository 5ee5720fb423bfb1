import type { Engine, EngineCall } from "./engine/pool.js";
import { invalid } from "./options.js";

/** Refuses options of a call that do not exist, and callbacks that cannot be called. */
export function checkCallOptions(options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) throw invalid("options", "must be an object");
  for (const [name, value] of Object.entries(options)) {
    if (!known.includes(name)) throw invalid(name, `is not an option of this call; known are ${known.join(", ")}`);
    if (/^on[A-Z]/.test(name) && name !== "onError" && value !== undefined && typeof value !== "function") {
      throw invalid(name, "must be a function");
    }
  }
}

/** Lets `body` use the engine until it is done or the signal aborts; what is still queued then is dropped. */
export async function withCall<T>(
  engine: Engine,
  { signal, urgent = false }: { readonly signal?: AbortSignal | undefined; readonly urgent?: boolean },
  body: (call: EngineCall) => Promise<T>,
): Promise<T> {
  const orAbort = abortable(signal);
  const call = engine.open({ urgent });
  try {
    return await orAbort(body(call));
  } finally {
    call.close();
  }
}

/**
 * What gives a promise that rejects with the signal's reason as soon as it aborts. It leaves nothing behind on the signal:
 * not `Promise.race`, which would keep every promise that it ever waited for as long as the signal lives.
 */
export function abortable(signal: AbortSignal | undefined): <T>(promise: Promise<T>) => Promise<T> {
  if (signal === undefined) return (promise) => promise;
  if (typeof signal?.addEventListener !== "function") throw invalid("signal", "must be an AbortSignal");
  signal.throwIfAborted();
  return (promise) =>
    new Promise((resolve, reject) => {
      const abort = () => reject(signal.reason);
      const forget = onAbort(signal, abort);
      promise.then(resolve, reject).finally(forget);
    });
}

/** Who waits for each signal, behind one listener: Node warns of a leak from the eleventh on. */
const waiting = new WeakMap<AbortSignal, { readonly calls: Set<() => void>; readonly listener: () => void }>();

/** Calls `abort` when the signal aborts, or at once if it has; gives what takes that back. */
function onAbort(signal: AbortSignal, abort: () => void): () => void {
  if (signal.aborted) {
    abort();
    return () => {};
  }
  const { calls, listener } = waiting.get(signal) ?? listen(signal);
  calls.add(abort);
  return () => {
    calls.delete(abort);
    if (calls.size > 0) return;
    signal.removeEventListener("abort", listener);
    waiting.delete(signal);
  };
}

function listen(signal: AbortSignal) {
  const calls = new Set<() => void>();
  const listener = () => {
    for (const abort of calls) abort();
  };
  signal.addEventListener("abort", listener, { once: true });
  const entry = { calls, listener };
  waiting.set(signal, entry);
  return entry;
}
