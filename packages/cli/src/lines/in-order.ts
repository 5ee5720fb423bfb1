/** Runs `work` on up to `most` items at a time, and yields the results in the items' order. Items are drawn only as there is room. */
export async function* inOrder<T, R>(
  items: AsyncIterable<T>,
  most: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const running: Promise<R>[] = [];
  for await (const item of items) {
    const result = work(item);
    // It is awaited in its turn; until then, its failure is not unhandled.
    result.catch(() => {});
    running.push(result);
    if (running.length >= most) yield await running.shift()!;
  }
  while (running.length > 0) yield await running.shift()!;
}
