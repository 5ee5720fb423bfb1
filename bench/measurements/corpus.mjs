import { textsOf } from "../texts.mjs";
import { rateOf } from "./timing.mjs";

/** Texts per second by corpus size, each corpus in one call; short texts, so that the largest ends today. */
export async function measure(open, { sizes, tokens, batchSize }) {
  const contender = await open();
  await contender.embed(textsOf(Array(64).fill(tokens)), { batchSize });
  const rates = {};
  for (const size of sizes) {
    const texts = textsOf(Array(size).fill(tokens));
    rates[size] = size * (await rateOf(0, () => contender.embed(texts, { batchSize })));
  }
  await contender.dispose();
  return rates;
}
