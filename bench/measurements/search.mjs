import { quantile } from "../statistics.mjs";
import { random, textOf, textsOf } from "../texts.mjs";
import { timed } from "./timing.mjs";

const QUERY_TOKENS = 14;
const HUNDRED = 100;

/**
 * Milliseconds of a question over documents of 135 to 165 tokens that were read before, p50 by way, and of that the caller's thread; and what embedding a
 * hundred of the documents takes in the same process, before and after.
 */
export async function measure(open, { documents: count, questions }) {
  const contender = await open();
  const next = random(29);
  const documents = textsOf(
    Array.from({ length: count }, () => 135 + Math.floor(31 * next())),
    31,
  );
  const asked = Array.from({ length: questions + 1 }, () => textOf(QUERY_TOKENS, next));
  const hundred = Array.from({ length: HUNDRED }, (_, i) => documents[i % count]);
  const embedding = () => timed(1, () => contender.embed(hundred));
  await contender.add(documents);
  const before = await embedding();
  const ways = {};
  for (const [name, ask] of Object.entries(contender.ways)) {
    await ask(asked[0]);
    const here = [];
    const times = await timed(questions, async (i) => {
      const start = performance.eventLoopUtilization();
      await ask(asked[i + 1]);
      here.push(performance.eventLoopUtilization(start).active);
    });
    ways[name] = { ms: quantile(times, 0.5), here: quantile(here, 0.5) };
  }
  const after = await embedding();
  await contender.dispose();
  return { ways, embedding: (before[0] + after[0]) / 2 };
}
