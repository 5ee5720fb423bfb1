import { bulkTexts } from "../bulk-texts.mjs";
import { rateOf } from "./timing.mjs";

/** Texts per second by batch size (`all` is the whole list at once); `countInBatches` texts where it is not 1. */
export async function measure(open, { source, count, countInBatches = count, batchSizes, seconds }) {
  const contender = await open();
  const rates = {};
  for (const batchSize of batchSizes) {
    const texts = bulkTexts(source, batchSize === 1 ? count : countInBatches);
    const options = batchSize === "all" ? {} : { batchSize };
    await contender.embed(texts.slice(0, 8), options);
    rates[batchSize] = texts.length * (await rateOf(seconds, () => contender.embed(texts, options)));
  }
  await contender.dispose();
  return rates;
}
