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
