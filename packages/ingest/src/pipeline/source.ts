import { BgeError } from "@bge-js/core";

/** Checks that `documents` is iterable, but not a string, whose characters nobody wants. */
export function checkSource(documents: unknown): void {
  const isSource =
    typeof documents === "object" &&
    documents !== null &&
    (Symbol.iterator in documents || Symbol.asyncIterator in documents);
  if (isSource) return;
  throw new BgeError("INVALID_INPUT", "documents must be an iterable or async iterable of documents or strings.", {
    parameter: "documents",
  });
}

/** Draws from a source one by one. One that hangs does not keep its reader from leaving. */
export async function* drawn<T>(
  source: Iterable<T> | AsyncIterable<T>,
  orAbort: <V>(promise: Promise<V>) => Promise<V>,
): AsyncGenerator<T, void, undefined> {
  const iterator: Iterator<T> | AsyncIterator<T> =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  let isOpen = true;
  try {
    for (;;) {
      const next = await orAbort(
        Promise.resolve(iterator.next()).catch((error: unknown) => {
          isOpen = false;
          throw error;
        }),
      );
      if (next.done) {
        isOpen = false;
        return;
      }
      yield next.value;
    }
  } finally {
    if (isOpen) void leave(iterator);
  }
}

async function leave(iterator: Iterator<unknown> | AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // What ended the reading is told; that its end failed as well is not.
  }
}
