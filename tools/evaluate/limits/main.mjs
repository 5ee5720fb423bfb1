// Where the embedded models fail: npm run limits
// Of each pair of texts that differ in a negation, a number, or who does what to whom, how often the right one is above its twin;
// and how often a document is the first of eight when the sentence that tells it apart lies deep in a long text.
import { loadEmbedder, loadReranker } from "@bge-js/core";
import { FACTS, NEAR_DUPLICATES, NEGATION, NUMBERS } from "./cases.mjs";

const load = { truncation: "silent" };
const embedder = await loadEmbedder(undefined, load);
const rerankers = {
  "late interaction": await loadReranker("BAAI/bge-small-en-v1.5", load),
  "cross-encoder": await loadReranker("bge-js/reranker-small-en", load),
  fused: await loadReranker("bge-js/reranker-small-en", { ...load, scale: "fused" }),
};
const scorers = {
  dense,
  ...Object.fromEntries(
    Object.entries(rerankers).map(([name, one]) => [name, (query, texts) => one.score(query, texts)]),
  ),
};

const sentences = [...NEGATION, ...NUMBERS, ...NEAR_DUPLICATES].flatMap(([, right, twin]) => [right, twin]);
const rows = [];
for (const [name, cases] of [
  ["negation", NEGATION],
  ["numbers", NUMBERS],
  ["who does what to whom", NEAR_DUPLICATES],
]) {
  rows.push([`${name}, ${cases.length} twins`, await each(async (score) => twins(score, cases))]);
}
for (const length of [8, 24, 60]) {
  for (const [place, share] of [
    ["first", 0],
    ["in the middle", 0.5],
    ["last", 1],
  ]) {
    const documents = FACTS.map(([, fact], i) => longText(fact, i, length, share));
    const tokens = Math.round(mean(await embedder.countTokens(documents)));
    rows.push([`a fact ${place} of ${tokens} tokens`, await each(async (score) => facts(score, documents))]);
  }
}
const names = Object.keys(scorers);
console.log(`| right, of all | ${names.join(" | ")} |\n| --- | ${names.map(() => "--:").join(" | ")} |`);
for (const [name, shares] of rows) console.log(`| ${name} | ${shares.map((share) => share.toFixed(2)).join(" | ")} |`);
await Promise.all([embedder, ...Object.values(rerankers)].map((one) => one.dispose()));

async function dense(query, texts) {
  const asked = await embedder.embedQuery(query);
  const vectors = await embedder.embedDocuments(texts);
  return vectors.map((vector) => vector.reduce((sum, value, d) => sum + value * asked[d], 0));
}

async function each(measure) {
  const shares = [];
  for (const score of Object.values(scorers)) shares.push(await measure(score));
  return shares;
}

/** How often the right text is above its twin, all texts of the kind being candidates. */
async function twins(score, cases) {
  const texts = cases.flatMap(([, right, twin]) => [right, twin]);
  const right = [];
  for (const [i, [query]] of cases.entries()) {
    const scores = await score(query, texts);
    right.push(Number(scores[2 * i] > scores[2 * i + 1]));
  }
  return mean(right);
}

/** How often the document with the fact is above all others. */
async function facts(score, documents) {
  const right = [];
  for (const [i, [query]] of FACTS.entries()) {
    const scores = await score(query, documents);
    right.push(Number(scores.every((other, j) => j === i || scores[i] > other)));
  }
  return mean(right);
}

/** A fact among other sentences, other ones for each document. */
function longText(fact, number, length, share) {
  const others = Array.from({ length }, (_, i) => sentences[(number * 11 + i) % sentences.length]);
  others.splice(Math.round(share * length), 0, fact);
  return others.join(" ");
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
