import { runChild } from "./run-child.mjs";
import { smallestCosine } from "./statistics.mjs";
import { table } from "./table.mjs";

const LEAST = { int8: 0.99, fp32: 0.9999 };

/**
 * Refuses contenders that would not do the same work: with the same weights, each text alone must give the vector that bge-js
 * gives. Resolves to the contenders that may take part, and a table; a contender that cannot run is told to `skip`.
 */
export async function checkAgreement(contenders, { skip, log }) {
  const vectors = {};
  for (const [key, contender] of Object.entries(contenders)) {
    log(`agreement  ${contender.name}`);
    const { result, error } = await runChild({ measurement: "agreement", contender, settings: {} }, 5 * 60_000);
    if (error === undefined) vectors[key] = result;
    else skip(`${contender.name}: ${error}`);
  }
  if (vectors.bge === undefined) throw new Error("bge-js itself does not run; build it first: npm run setup");
  const rows = Object.keys(vectors).map((key) => {
    const { name, weights, dtype } = contenders[key];
    const reference = twinOf(weights, dtype);
    const cosine = smallestCosine(vectors[key].alone, vectors[reference].alone);
    if (!(cosine >= LEAST[dtype])) {
      throw new Error(`${name}: a vector's cosine to ${contenders[reference].name} is ${cosine}: not the same work`);
    }
    const batched = smallestCosine(vectors[key].alone, vectors[key].together);
    return [name, contenders[reference].name, cosine.toFixed(6), batched.toFixed(6)];
  });
  const header = ["smallest cosine over 12 texts", "beside", "each alone", "alone to whole list"];
  const present = Object.fromEntries(Object.entries(contenders).filter(([key]) => key in vectors));
  return { present, markdown: table(header, rows) };
}

/** The contender of bge-js with these weights. */
function twinOf(weights, dtype) {
  if (weights === "embedded") return "bge";
  return dtype === "int8" ? "bgeQ8" : "bgeFp32";
}
