/** Milliseconds of each of `count` calls, one after the other. */
export async function timed(count, call) {
  const times = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await call(i);
    times.push(performance.now() - start);
  }
  return times;
}

/** Calls in a second: `call` is repeated until `seconds` have passed, once at least. */
export async function rateOf(seconds, call) {
  const start = performance.now();
  let calls = 0;
  do {
    await call();
    calls++;
  } while (performance.now() - start < seconds * 1000);
  return (calls * 1000) / (performance.now() - start);
}
