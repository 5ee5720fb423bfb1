// What an index of so many documents takes: npm run scale -- --documents 100e6 --tokens 180 --no-late-interaction
// Every assumption is an option (planScale's, in kebab-case); docs/scale.md explains them. Without --documents: 1 million, 100 million, 1 billion.
import { parseArgs } from "node:util";
import { planScale, USUAL } from "./plan.mjs";

const kebab = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const names = Object.keys(USUAL);
const { values } = parseArgs({
  allowNegative: true,
  options: Object.fromEntries(
    names.map((name) => [kebab(name), { type: typeof USUAL[name] === "boolean" ? "boolean" : "string" }]),
  ),
});
const asked = Object.fromEntries(
  names
    .filter((name) => kebab(name) in values)
    .map((name) => [name, typeof USUAL[name] === "number" ? Number(values[kebab(name)]) : values[kebab(name)]]),
);

try {
  const sizes = asked.documents === undefined ? [1e6, 100e6, 1e9] : [asked.documents];
  for (const documents of sizes) write(planScale({ ...asked, documents }));
} catch (error) {
  if (!(error instanceof RangeError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

function write({ given, directory, qdrant, indexing }) {
  const rows = given.lateInteraction ? "with token rows" : "without token rows";
  console.log(
    `${number(given.documents)} documents of ${given.tokens} tokens, ${given.dimensions} dimensions, ${rows}`,
  );
  console.log(
    `  embedding   ${number(indexing.threadHours)} hours of one thread; ${time(indexing.days)} on ${given.indexingNodes} × ${given.threadsPerNode} threads`,
  );
  console.log(
    `  directory   ${bytes(directory.diskBytes)} on disk, ${bytes(directory.memoryBytes)} of memory a process, ${number(directory.questionMs)} ms of one thread a question; ` +
      (directory.fits
        ? `${directory.replicas} replicas for ${given.questionsPerSecond} questions a second`
        : "too much for one: use Qdrant"),
  );
  console.log(
    `  Qdrant      ${bytes(qdrant.diskBytes)} on disk, ${bytes(qdrant.memoryBytes)} of memory (${given.quantization}), a copy; ${qdrant.shards} shards, ` +
      `${qdrant.nodes} nodes; ${number(qdrant.questionMs)} ms of one thread a question beside the server's; ${qdrant.replicas} replicas of the application`,
  );
}

function time(days) {
  return days < 1 ? `${number(24 * days)} hours` : `${number(days)} days`;
}

function bytes(count) {
  const [size, unit] = count < 1e9 ? [count / 1e6, "MB"] : count < 1e12 ? [count / 1e9, "GB"] : [count / 1e12, "TB"];
  return `${number(size)} ${unit}`;
}

function number(value) {
  return value >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(2 + (value >= 100))));
}
