// Resident memory that a loaded model adds to the process, at its peak under bulk work: one row for each number of workers
// with one thread each. Texts of 3 to 600 words, so that full-length runs are among them.
//   npm run memory -- [--model <id or folder>]... [--workers 1,2] [--texts 300] [--isolation thread|process]

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { loadEmbedder } from "@bge-js/core";
import { residentBytes } from "./resident.mjs";

const { values } = parseArgs({
  options: {
    model: { type: "string", multiple: true, default: ["bge-small-en-v1.5", "bge-small-zh-v1.5"] },
    workers: { type: "string", default: "1,2" },
    texts: { type: "string", default: "300" },
    isolation: { type: "string", default: "thread" },
    /** Set where this program measures one row in a process of its own. */
    row: { type: "boolean", default: false },
  },
});

if (values.row) await measure(values.model[0], Number(values.workers));
else {
  console.log("model              precision  isolation  workers  standing  peak");
  for (const model of values.model) {
    for (const workers of values.workers.split(",")) {
      const { texts, isolation } = values;
      const flags = ["--row", "--model", model, "--workers", workers, "--texts", texts, "--isolation", isolation];
      const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(import.meta.url), ...flags]);
      process.stdout.write(stdout);
    }
  }
}

async function measure(name, workers) {
  const before = residentBytes(values.isolation);
  const options = { truncation: "silent", threads: workers, workers, isolation: values.isolation };
  const model = await loadEmbedder(name, options);
  // Every worker stands.
  await model.embedDocuments(texts(16 * workers));
  const standing = residentBytes(values.isolation) - before;
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, residentBytes(values.isolation) - before);
  }, 100);
  await model.embedDocuments(texts(Number(values.texts)));
  clearInterval(watch);
  const cells = [
    model.spec.id.split("/").at(-1).padEnd(18),
    model.source.dtype.padEnd(10),
    values.isolation.padEnd(10),
    String(workers).padEnd(8),
    megabytes(standing).padEnd(9),
    megabytes(peak),
  ];
  console.log(cells.join(" "));
  await model.dispose();
}

function megabytes(bytes) {
  return `${Math.round(bytes / 1e6)} MB`;
}

function texts(count) {
  const words = "the panda is a bear that eats bamboo in the mountains of central china 熊猫 喜欢 竹子".split(" ");
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: 3 + ((i * 389) % 600) }, (_, j) => words[(i * 7 + j * j) % words.length]).join(" "),
  );
}
