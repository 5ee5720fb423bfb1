import type { CallOptions } from "./api.js";
import type { Engine, EngineCall } from "./engine/pool.js";
import { invalid } from "./options.js";

/** Lets `body` use the engine until it is done or the signal aborts; what is still queued then is dropped. */
export async function withCall<T>(
  engine: Engine,
  { signal, urgent = false }: CallOptions & { readonly urgent?: boolean },
  body: (call: EngineCall) => Promise<T>,
): Promise<T> {
  const { aborted, forget } = onAbort(signal);
  const call = engine.open({ urgent });
  try {
    return await Promise.race([body(call), aborted]);
  } finally {
    call.close();
    forget();
  }
}

/** A promise that rejects with the signal's reason, and what takes its listener off again. */
export function onAbort(signal: AbortSignal | undefined): { aborted: Promise<never>; forget: () => void } {
  if (signal !== undefined && typeof signal?.addEventListener !== "function") {
    throw invalid("signal", "must be an AbortSignal");
  }
  signal?.throwIfAborted();
  let forget = () => {};
  const aborted = new Promise<never>((_, reject) => {
    if (signal === undefined) return;
    const listener = () => reject(signal.reason);
    signal.addEventListener("abort", listener, { once: true });
    forget = () => signal.removeEventListener("abort", listener);
  });
  // It may reject when nobody waits any more.
  aborted.catch(() => {});
  return { aborted, forget };
}
