import { abortable, clearTimeout, setTimeout } from "@bge-js/core/adapter";

/** Waits for a promise until the time is up or the signal aborts; the work behind it goes on. */
export async function soonOr<T>(promise: Promise<T>, ms: number, late: () => Error, signal: AbortSignal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  try {
    return await abortable(signal)(Promise.race([promise, timeUp]));
  } finally {
    clearTimeout(timer);
  }
}
