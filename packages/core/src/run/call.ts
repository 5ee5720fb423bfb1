import { abortable, atDeadline } from "../abort.js";
import type { Method } from "../api/events.js";
import type { CallOptions } from "../api/options.js";
import { traceCall } from "../engine/call-trace.js";
import type { EngineCall } from "../engine/pool.js";
import type { SharedEngine } from "../engine/shared-engine.js";

/** What a call is, apart from the caller's limits. */
export interface CallFacts {
  readonly method: Method;
  /** The number of texts passed. */
  readonly inputs: number;
  readonly urgent?: boolean;
}

/**
 * Lets `body` use the engine until it is done, the signal aborts or the deadline passes. Then drops whatever is still
 * queued.
 */
export async function withCall<T>(
  engine: SharedEngine,
  { signal, deadlineMs, method, inputs, urgent = false }: CallOptions & CallFacts,
  body: (call: EngineCall) => Promise<T>,
): Promise<T> {
  const orAbort = abortable(signal);
  const trace = traceCall(engine.about, method, inputs);
  let failure: { readonly thrown: unknown; readonly signal: AbortSignal | undefined } | undefined;
  const call = engine.open({ urgent, trace });
  // Closes the call rather than abandoning the body, so that it can report what was finished.
  const forget = atDeadline(deadlineMs, (error) => call.close(error));
  try {
    return await orAbort(body(call));
  } catch (thrown) {
    failure = { thrown, signal };
    throw thrown;
  } finally {
    forget();
    call.close();
    trace?.end(failure);
  }
}
