import { textsOf } from "../texts.mjs";

const LENGTHS = [5, 12, 20, 33, 60, 60, 120, 512];
const REAL = [
  "How do I read a file line by line in Node.js?",
  "Ünïcode, emoji 🐼 and 北京: the tokens must agree.",
  "const x = await fetch(url); // code, too",
  "",
];

/** Vectors of a few texts, each alone, and all in one batch: contenders that differ measure different things. */
export async function measure(open) {
  const contender = await open();
  const texts = [...textsOf(LENGTHS), ...REAL];
  const alone = await contender.embed(texts, { batchSize: 1 });
  const together = await contender.embed(texts, {});
  await contender.dispose();
  return { alone: alone.map((vector) => [...vector]), together: together.map((vector) => [...vector]) };
}
