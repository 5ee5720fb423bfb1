/**
 * A list through a library in its users' batches; without `batchSize` the whole list at once. An abort ends it between two
 * batches with what there is.
 */
export async function inBatches(texts, { batchSize = texts.length, signal } = {}, run) {
  const results = [];
  for (let from = 0; from < texts.length && !signal?.aborted; from += batchSize) {
    results.push(...(await run(texts.slice(from, from + batchSize))));
  }
  return results;
}
