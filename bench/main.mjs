// bge-js beside its peers, in one run on one machine: `npm run bench -- --help`. See README.md.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { checkAgreement } from "./agreement.mjs";
import { isFull, parseArguments, USAGE } from "./arguments.mjs";
import { presentContenders } from "./contenders.mjs";
import { machineFacts, machineLine } from "./machine.mjs";
import { plot } from "./plot.mjs";
import { runRounds } from "./rounds.mjs";
import { summaryTable } from "./summary.mjs";
import { replaceBetween } from "./table.mjs";

/** Below this, a peer's whole list at once, padded to its longest text, could take the machine down. */
const WHOLE_LIST_BYTES = 12e9;

const options = readOptions();
const skipped = [];
const log = (line) => console.error(line);
const skip = (what) => {
  skipped.push(what);
  log(`skipped: ${what}`);
};
const begun = performance.now();
const machine = machineFacts();
log(machineLine(machine));
if (machine.loadBefore > 0.5) log(`The machine is not quiet (load ${machine.loadBefore.toFixed(1)}): expect noise.`);

/** Contenders of the parts that read texts; pictures compare their vectors themselves. */
const readsTexts = options.parts.some((part) => part !== "pictures");
const { present, markdown: agreement } = readsTexts
  ? await checkAgreement(presentContenders(options.threads, skip), { skip, log })
  : { present: {} };
const wholeArray = totalmem() >= WHOLE_LIST_BYTES;
if (!wholeArray) skip("a peer's whole list at once: needs a machine with 12 GB");
if (isFull(options.parts) && options.model === undefined) skip("pictures: --model names no folder");
const plan = { ...options, contenders: present, data: process.env.BGE_JS_DATA, skip, wholeArray };

const blocks = readsTexts ? { agreement } : {};
const plots = {};
const summaries = [];
const raw = {};
for (const name of options.parts) {
  const part = await import(`./parts/${name}.mjs`);
  raw[name] = await runRounds(name, part.jobs(plan), { rounds: options.rounds, skip, log });
  save("results", "latest.json", JSON.stringify({ machine, options, skipped, agreement, raw }, null, 1));
  blocks[name] = part.report(raw[name], plan);
  summaries.push(...part.summary(raw[name], plan));
  Object.assign(plots, part.plots?.(raw[name]) ?? {});
  console.log(`\n${blocks[name]}\n`);
}
const line = machineLine(machine);
const how = `Rounds: ${options.rounds}; threads of each contender: ${options.threads}.`;
const tables = [blocks.agreement, summaryTable(summaries, { aims: true }), `${line} ${how}`];
console.log(`\n${tables.filter(Boolean).join("\n\n")}`);
console.log(`${skipped.length} skipped${skipped.map((what) => `\n- ${what}`).join("")}`);
console.log(`${((performance.now() - begun) / 60_000).toFixed(1)} minutes`);

if (options.write) write();

function write() {
  for (const [name, { title, x, lines }] of Object.entries(plots))
    save("plots", `${name}.svg`, plot({ title, x, lines }));
  const readme = (edit, path) => writeFileSync(at(path), edit(readFileSync(at(path), "utf8")));
  readme((text) => {
    const headed = (name) => (name === "agreement" ? blocks[name] : `${line} ${how}\n\n${blocks[name]}`);
    return Object.keys(blocks).reduce((all, name) => replaceBetween(all, name, headed(name)), text);
  }, "README.md");
  // The summary's figures must be of one run.
  if (!isFull(options.parts)) return;
  const intro =
    "Beside the other JavaScript libraries, in one run of `npm run bench` ([what is measured, and how](../bench/README.md)):";
  const summary = `${intro}\n\n${summaryTable(summaries, { aims: false })}\n\n${line} ${how}`;
  readme(
    (text) => replaceBetween(text, "summary", `${summaryTable(summaries, { aims: true })}\n\n${line} ${how}`),
    "README.md",
  );
  readme((text) => replaceBetween(text, "summary", summary), "../docs/speed.md");
}

function save(folder, file, text) {
  mkdirSync(at(folder), { recursive: true });
  writeFileSync(at(`${folder}/${file}`), text);
}

function at(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}

function readOptions() {
  try {
    const parsed = parseArguments(process.argv.slice(2));
    if (!parsed.help) return parsed;
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    console.error(`${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
}
