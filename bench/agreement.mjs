import { runChild } from "./run-child.mjs";
import { smallestCosine } from "./statistics.mjs";
import { table } from "./table.mjs";

const LEAST = { int8: 0.99, fp32: 0.9999 };

/**
 * Refuses contenders that would not do the same work: with the same weights, each text alone must give the vector that bge-js
 * gives. Resolves to the contenders that may take part, and a table; one that is refused or cannot run is told to `skip`.
 */
export async function checkAgreement(contenders, { skip, log }) {
  const vectors = {};
  for (const [key, contender] of Object.entries(contenders)) {
    log(`agreement  ${contender.name}`);
    const { result, error } = await runChild({ measurement: "agreement", contender, settings: {} }, 5 * 60_000);
    if (error === undefined) vectors[key] = result;
    else skip(`${contender.name}: ${error}`);
  }
  // Contenders are measured by bge-js with the same weights: without it none of them can be.
  for (const [key, { weights, dtype, name }] of Object.entries(contenders)) {
    if (!(key in vectors) || twinOf(weights, dtype) in vectors) continue;
    delete vectors[key];
    skip(`${name}: bge-js does not run with the same weights`);
  }
  if (vectors.bge === undefined) throw new Error("bge-js itself does not run; build it first: npm run setup");
  const present = {};
  const rows = Object.entries(vectors).map(([key, { alone, together }]) => {
    const { name, weights, dtype } = contenders[key];
    const reference = twinOf(weights, dtype);
    const cosine = smallestCosine(alone, vectors[reference].alone);
    if (cosine >= LEAST[dtype]) present[key] = contenders[key];
    else skip(`${name}: refused, a vector's cosine to ${contenders[reference].name} is ${cosine}`);
    return [name, contenders[reference].name, cosine.toFixed(6), smallestCosine(alone, together).toFixed(6)];
  });
  const header = ["smallest cosine over 12 texts", "beside", "each alone", "alone to whole list"];
  return { present, markdown: table(header, rows) };
}

/** The contender of bge-js with these weights. */
function twinOf(weights, dtype) {
  if (weights === "embedded") return "bge";
  return dtype === "int8" ? "bgeQ8" : "bgeFp32";
}
