import { random, textOf, textsOf } from "../texts.mjs";
import { rateOf } from "./timing.mjs";

const QUERY_TOKENS = 14;

/** Passages scored in a second by batch size, and the scores, for agreement. Passages have 135 to 165 tokens. */
export async function measure(open, { passages: count, batchSizes, seconds }) {
  const contender = await open();
  const next = random(17);
  const lengths = Array.from({ length: count }, () => 135 + Math.floor(31 * next()));
  const passages = textsOf(lengths, 19);
  const query = textOf(QUERY_TOKENS, random(23));
  const rates = {};
  let scores;
  for (const batchSize of batchSizes) {
    const options = batchSize === "all" ? {} : { batchSize };
    await contender.score(query, passages.slice(0, 4), options);
    rates[batchSize] =
      count *
      (await rateOf(seconds, async () => {
        const all = await contender.score(query, passages, options);
        scores ??= all;
      }));
  }
  await contender.dispose();
  return { rates, scores };
}
