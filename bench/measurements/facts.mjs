import { bulkTexts } from "../bulk-texts.mjs";
import { mean, median } from "../statistics.mjs";

/** Token counts of a source of texts, cut at the model's limit as every contender cuts them. */
export async function measure(open, { source, count }) {
  const contender = await open();
  const counts = (await contender.countTokens(bulkTexts(source, count))).map((tokens) => Math.min(tokens, 512));
  await contender.dispose();
  return { texts: counts.length, median: median(counts), mean: mean(counts), longest: Math.max(...counts) };
}
