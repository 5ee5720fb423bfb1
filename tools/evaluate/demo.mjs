// What each stage of a search makes of thirty questions about the texts of `npm run demo` (demo-questions.mjs):
//   npm run eval:demo [-- --each]
// nDCG@10, MRR@10, and how often the first answer is right. --each also prints, for every question, the rank of its first right answer after each stage.
import { parseArgs } from "node:util";
import { loadRetriever } from "@bge-js/retriever";
import { readNodeApiDocs } from "../../examples/dist/demo/node-api-docs.js";
import { meanDifference, meanOf, mrr10, ndcg10 } from "./beir.mjs";
import { QUESTIONS } from "./demo-questions.mjs";

const { values: options } = parseArgs({ options: { each: { type: "boolean" } } });
const WAYS = {
  "words and vectors": ["lexical", "dense"],
  "+ late interaction": ["lexical", "dense", "lateInteraction"],
  "+ cross-encoder": ["lexical", "dense", "lateInteraction", "crossEncoder"],
};
const METRICS = {
  "nDCG@10": ndcg10,
  "MRR@10": mrr10,
  "right first": (ranking, relevant) => relevant.get(ranking[0]) ?? 0,
};

const texts = readNodeApiDocs();
const questions = QUESTIONS.map(([question, ...names]) => ({ question, relevant: answersTo(question, names) }));
const retriever = await loadRetriever({ load: { truncation: "silent" } });
await retriever.add(texts.map(({ id, text }) => ({ id, text })));

const rankings = new Map(Object.keys(WAYS).map((way) => [way, []]));
for (const { question } of questions) {
  for (const [way, stages] of Object.entries(WAYS)) {
    const { results } = await retriever.search(question, { stages, topN: 100 });
    rankings.get(way).push(results.map(({ id }) => id));
  }
}
await retriever.dispose();

console.log(`${questions.length} questions, ${texts.length} declarations`);
console.log(`| stages | ${Object.keys(METRICS).join(" | ")} | nDCG@10 against the line before |`);
console.log(`| --- | ${"--- | ".repeat(Object.keys(METRICS).length + 1)}`);
let before;
for (const [way, found] of rankings) {
  const perMetric = Object.values(METRICS).map((of) => found.map((ranking, i) => of(ranking, questions[i].relevant)));
  const cells = perMetric.map((perQuestion) => meanOf(perQuestion).toFixed(3));
  console.log(`| ${way} | ${cells.join(" | ")} | ${before ? difference(perMetric[0], before) : ""} |`);
  before = perMetric[0];
}
if (options.each) {
  for (const [i, { question, relevant }] of questions.entries()) {
    const ranks = [...rankings.values()].map((found) => found[i].findIndex((id) => relevant.has(id)) + 1 || "-");
    console.log(`${ranks.map((rank) => String(rank).padStart(4)).join("")}  ${question}`);
  }
}

/** The ids of the declarations with these names, whatever their parameters. */
function answersTo(question, names) {
  const wanted = new Set(names.flatMap((name) => [name, `${name}.__promisify__`]));
  const answers = texts.map(({ id, title }) => ({ id, name: title.replace(/\(.*/s, "") }));
  const unknown = names.filter((wantedName) => !answers.some(({ name }) => name === wantedName));
  if (unknown.length > 0) throw new Error(`"${question}": no declaration is named ${unknown.join(" or ")}`);
  return new Map(answers.filter(({ name }) => wanted.has(name)).map(({ id }) => [id, 1]));
}

function difference(values, base) {
  const { mean, low, high } = meanDifference([values], [base]);
  return `${mean.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`;
}
