// Kills workers at random moments while a model embeds, with `retryLost`: every vector must come all the same, and be right.
//   npm run kills -- [--kills 200] [--isolation thread|process] [--model <folder or id>]

import { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadEmbedder } from "@bge-js/core";

const { values: asked } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    isolation: { type: "string", default: "thread" },
    model: { type: "string", default: fileURLToPath(new URL("../../test/fixtures/tiny-bert-cls", import.meta.url)) },
  },
});

const workers = new Set();
const track = (worker) => {
  workers.add(worker);
  worker.once("exit", () => workers.delete(worker));
};
process.on("worker", track);
const { spawn } = ChildProcess.prototype;
ChildProcess.prototype.spawn = function (options) {
  const result = spawn.call(this, options);
  track(this);
  return result;
};

const options = { truncation: "silent", threads: 2, workers: 2, retryLost: true, isolation: asked.isolation };
const model = await loadEmbedder(asked.model, options);
const texts = Array.from({ length: 200 }, (_, i) => `text ${i} `.repeat(1 + ((i * 37) % 60)));
const expected = await model.embedDocuments(texts);

const wanted = Number(asked.kills);
let kills = 0;
let calls = 0;
let wrong = 0;
const errors = {};
const killing = (async () => {
  while (kills < wanted) {
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 400));
    const [victim] = [...workers].sort(() => Math.random() - 0.5);
    if (victim === undefined) continue;
    kills++;
    if (asked.isolation === "process") victim.kill("SIGKILL");
    else void victim.terminate();
  }
})();
while (kills < wanted) {
  calls++;
  try {
    const vectors = await model.embedDocuments(texts);
    wrong += vectors.filter((vector, i) => vector.some((value, d) => Math.abs(value - expected[i][d]) > 1e-5)).length;
  } catch (error) {
    // An input may be unlucky twice.
    errors[error.code] = (errors[error.code] ?? 0) + 1;
    const finished = error.completed.filter((vector) => vector !== undefined).length;
    if (finished + error.indices.length !== texts.length) wrong++;
  }
}
await killing;
const last = await model.embedDocuments(texts);
await model.dispose();
console.log(
  `${kills} kills (${asked.isolation}) in ${calls} calls of ${texts.length} texts: ${wrong} wrong or missing vectors, ` +
    `errors ${JSON.stringify(errors)}; afterwards ${last.length} vectors, ${workers.size} workers left`,
);
process.exitCode = wrong === 0 && last.length === texts.length && workers.size === 0 ? 0 : 1;
