import { setTimeout as sleep } from "node:timers/promises";
import { median } from "../statistics.mjs";
import { mixedLengths, textsOf } from "../texts.mjs";
import { watchLoop } from "./event-loop.mjs";
import { timed } from "./timing.mjs";

const LENGTHS = [12, 20];
const WARM_UP = 20;

/**
 * A query's milliseconds on an idle contender and beside bulk without end, and the event loop's delay meanwhile. Idle, the
 * next query is asked when the last is answered. Beside bulk they are due every `everyMs`, answered or not, and counted
 * from when they were due: a caller whose loop is blocked waits as well.
 */
export async function measure(open, { idle, busy, everyMs, batchSize, bulk }) {
  const contender = await open();
  const queries = textsOf(LENGTHS, 3);
  const longest = textsOf([512], 5);
  for (const query of queries) await timed(WARM_UP, () => contender.embedQuery(query));

  const idleMs = {};
  const idleLoop = watchLoop();
  for (const [i, tokens] of LENGTHS.entries()) {
    idleMs[tokens] = await timed(idle, () => contender.embedQuery(queries[i]));
  }
  const idleDelay = idleLoop.stop();
  const longestRunMs = median(await timed(7, () => contender.embed(longest, { batchSize: 1 })));

  const abort = new AbortController();
  const texts = textsOf(mixedLengths(bulk));
  const saturated = saturate(contender, texts, { batchSize, signal: abort.signal });
  await sleep(300);
  const busyLoop = watchLoop();
  const busyMs = await arrivals(busy, everyMs, (i) => contender.embedQuery(queries[i % queries.length]));
  const busyDelay = busyLoop.stop();
  abort.abort();
  const embedded = await saturated;
  await contender.dispose();
  return { idleMs, busyMs, idleDelay, busyDelay, longestRunMs, embedded };
}

/** Bulk until the signal; resolves to the lists that were finished. */
async function saturate(contender, texts, options) {
  for (let lists = 0; ; lists++) {
    const done = await contender.embed(texts, options).catch((error) => {
      if (!options.signal.aborted) throw error;
    });
    if (done === undefined || options.signal.aborted) return lists;
  }
}

/** Milliseconds from when each call was due, `everyMs` apart, to its answer. */
function arrivals(count, everyMs, call) {
  const start = performance.now();
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const due = start + i * everyMs;
      await sleep(Math.max(0, due - performance.now()));
      await call(i);
      return performance.now() - due;
    }),
  );
}
