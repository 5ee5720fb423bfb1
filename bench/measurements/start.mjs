/** Milliseconds from the start of the process to the first vector. */
export async function measure(open, { spawned }) {
  const contender = await open();
  const vector = await contender.embedQuery("what is a panda?");
  const ms = performance.timeOrigin + performance.now() - spawned;
  await contender.dispose();
  return { ms, dimensions: vector.length };
}
