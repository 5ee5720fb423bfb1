// Processor time to read one long text, for each family and kind of text: milliseconds per MB of UTF-8, and how that changes when
// the text is twice and four times as long (1.0: time grows with the length alone). Tokens are counted, nothing is run.
//   npm run text-cost -- [--megabytes 0.25] [--family BERT] [--text "one Han word"]
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadEmbedder } from "@bge-js/core";

const { values } = parseArgs({
  options: { megabytes: { type: "string", default: "0.25" }, family: { type: "string" }, text: { type: "string" } },
});
const FAMILIES = {
  BERT: { directory: "tiny-bert-cls" },
  "XLM-R": { directory: "tiny-xlmr-cls" },
  Qwen: { directory: "tiny-code", id: "BAAI/bge-code-v1" },
  Gemma: { directory: "tiny-gemma2", id: "BAAI/bge-multilingual-gemma2" },
  Mistral: { directory: "tiny-icl", id: "BAAI/bge-en-icl" },
};
const TEXTS = {
  English: "The panda eats 12 kg of bamboo a day, and sleeps. ",
  Chinese: "大熊猫每天吃竹子，然后睡觉。",
  "one Latin word": "a",
  "one Han word": "熊",
  "one Cyrillic word": "ж",
  "one word of emoji": "🐼",
  marks: "\u0301",
  spaces: " ",
  unassigned: "\u0378",
  "private use": "\ue000",
  "special tokens": "[SEP]</s>",
};

const only = (all, name) => Object.entries(all).filter(([each]) => name === undefined || each === name);
const families = only(FAMILIES, values.family);
console.log(`ms of processor time per MB at ${values.megabytes} MB; growth at twice and four times that`);
console.log(["".padEnd(18), ...families.map(([name]) => name.padEnd(18))].join(""));
const models = await Promise.all(
  families.map(([, { directory, ...facts }]) =>
    loadEmbedder(
      { ...facts, directory: fileURLToPath(new URL(`../../test/fixtures/${directory}`, import.meta.url)) },
      { queryInstruction: false, workers: 1, threads: 1 },
    ),
  ),
);
for (const [name, unit] of only(TEXTS, values.text)) {
  const cells = [name.padEnd(18)];
  for (const model of models) {
    const costs = [];
    for (const times of [1, 2, 4]) costs.push(await cost(model, unit, Number(values.megabytes) * times));
    const growth = costs.slice(1).map((each) => (each / costs[0]).toFixed(1));
    cells.push(`${costs[0].toFixed(0).padStart(5)}  ${growth.join(" ")}`.padEnd(18));
  }
  console.log(cells.join(""));
}
await Promise.all(models.map((model) => model.dispose()));
console.log(`most resident memory: ${Math.round(process.resourceUsage().maxRSS / 1000)} MB`);

/** The least of two, for other programs slow this one down and never speed it up. */
async function cost(model, unit, megabytes) {
  const text = unit.repeat(Math.ceil((megabytes * 1e6) / Buffer.byteLength(unit)));
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 2; i++) {
    const before = process.cpuUsage();
    await model.countTokens(text, { inputType: "document" });
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least / megabytes;
}
