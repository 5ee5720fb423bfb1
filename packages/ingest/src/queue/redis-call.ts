import { BgeError } from "@bge-js/core";
import { messageOf } from "@bge-js/core/adapter";
import type { Queue } from "bullmq";

/** Waits for a call of Redis, and no longer than its caller wants to wait. */
export type Ask = <T>(call: Promise<T>) => Promise<T>;

/** Returns a wrapper that gives what Redis throws as an error of this package: `STORE_FAILED`, or `DISPOSED` for a closed queue. */
export function askingOf(queue: Pick<Queue, "closing">, until: Ask = (call) => call): Ask {
  return (call) =>
    until(
      call.catch((cause: unknown) => {
        if (cause instanceof BgeError) throw cause;
        if (queue.closing !== undefined) throw disposed();
        const message = `The queue failed: ${messageOf(cause)}. Call again: what is queued or stored stays.`;
        throw new BgeError("STORE_FAILED", message, { parameter: "connection", cause });
      }),
    );
}

export function disposed(): BgeError {
  return new BgeError("DISPOSED", "The queue was disposed. Open it again to continue.");
}
