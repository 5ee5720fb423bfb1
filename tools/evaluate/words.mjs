// What words alone find: nDCG@10 of BM25 on sets in BEIR layout under BGE_JS_DATA, without a model.
//   npm run words -- [--before FOLDER] [--queries N] [SET ...]
// With --before, the words and the BM25 of another build are measured beside these: FOLDER is its packages/retriever/dist.
// Times are the processor's for adding all documents, of several rounds the least, each build in turn in this one process.
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ndcg10, readSet } from "./beir.mjs";
import { NOW, openLexical } from "./lexical.mjs";

const ROUNDS = 3;
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { before: { type: "string" }, queries: { type: "string" } },
});
const data = process.env.BGE_JS_DATA;
if (!data) {
  console.error("Set BGE_JS_DATA to a folder of retrieval sets.");
  process.exit(2);
}
const builds = await Promise.all([...(options.before ? [resolve(options.before)] : []), NOW].map(openLexical));
const sets = positionals.length > 0 ? positionals : readdirSync(data).filter((name) => splitOf(name) !== undefined);

console.log(`| set | queries | ${options.before ? "before | now | difference | words | time |" : "nDCG@10 |"}`);
console.log(`| --- | ---: | ${options.before ? "---: | ---: | ---: | ---: | ---: |" : "---: |"}`);
for (const set of sets.sort()) {
  const { documents, queries, relevant } = readSet(join(data, set), {
    split: splitOf(set),
    ...(options.queries && { queries: Number(options.queries) }),
  });
  const measured = [];
  for (const build of builds) measured.push(await measure(build, documents, queries, relevant));
  for (let round = 1; round < ROUNDS; round++) {
    for (const [i, build] of builds.entries()) measured[i].ms = Math.min(measured[i].ms, fill(build, documents).ms);
  }
  const [first, last = first] = measured;
  const cells = options.before
    ? [
        first.quality.toFixed(4),
        last.quality.toFixed(4),
        signed(last.quality - first.quality),
        `${(last.words / first.words).toFixed(3)}x`,
        `${(last.ms / first.ms).toFixed(2)}x`,
      ]
    : [first.quality.toFixed(4)];
  console.log(`| ${set} | ${queries.length} | ${cells.join(" | ")} |`);
}

/** The split that a set has, if it is one. */
function splitOf(set) {
  try {
    const files = readdirSync(join(data, set, "qrels"));
    return ["test", "dev", "all"].find((split) => files.includes(`${split}.tsv`));
  } catch {
    return undefined;
  }
}

function fill({ index }, documents) {
  const start = process.cpuUsage().user;
  const score = index(documents.map(({ text }) => text));
  return { score, ms: (process.cpuUsage().user - start) / 1000 };
}

async function measure(build, documents, queries, relevant) {
  const { score, ms } = fill(build, documents);
  let sum = 0;
  for (const { id, text } of queries) sum += ndcg10(best(await score(text), documents), relevant.get(id));
  return {
    ms,
    quality: sum / queries.length,
    words: documents.reduce((sum, { text }) => sum + build.wordsOf(text).length, 0),
  };
}

/** The ids of the ten best, best first; equal ones in the order of the set. */
function best(scores, documents) {
  const top = [];
  for (let slot = 0; slot < scores.length; slot++) {
    if (scores[slot] === 0 || (top.length === 10 && scores[slot] <= scores[top[9]])) continue;
    let at = top.length;
    while (at > 0 && scores[top[at - 1]] < scores[slot]) at--;
    top.splice(at, 0, slot);
    if (top.length > 10) top.pop();
  }
  return top.map((slot) => documents[slot].id);
}

function signed(difference) {
  return `${difference < 0 ? "" : "+"}${difference.toFixed(4)}`;
}
