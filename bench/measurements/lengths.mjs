import { textsOf } from "../texts.mjs";
import { rateOf } from "./timing.mjs";

/** Texts per second by text length: lists of `tokens` tokens in all, every text as long as the next. */
export async function measure(open, { lengths, tokens: total, seconds, batchSize }) {
  const contender = await open();
  const rates = {};
  for (const tokens of lengths) {
    const texts = textsOf(Array(Math.max(2, Math.floor(total / tokens))).fill(tokens));
    await contender.embed(texts.slice(0, 2), { batchSize });
    rates[tokens] = texts.length * (await rateOf(seconds, () => contender.embed(texts, { batchSize })));
  }
  await contender.dispose();
  return rates;
}
