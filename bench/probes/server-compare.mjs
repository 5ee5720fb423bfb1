// Compares servers on the same texts in one run, interleaved: many clients with a text each, one client with all of them, batches, queries.
//   npm run server-compare -- --directory FOLDER [--url infinity=http://127.0.0.1:7997/embeddings ...] [--rounds 3]
// FOLDER holds bge-small-en-v1.5 in fp32. Ours run with it and with the packaged int8 file, each in a process of its own; --url adds others,
// by name, the whole address of their route and, after #, the process that serves it. --base DIR adds ours as another folder of this
// repository has them built. Where other work shares the machine, trust the processor time a text (Linux) more than the clock.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { availableParallelism, cpus, loadavg } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values } = parseArgs({
  options: {
    directory: { type: "string" },
    url: { type: "string", multiple: true, default: [] },
    base: { type: "string" },
    rounds: { type: "string", default: "3" },
    texts: { type: "string", default: "256" },
    queries: { type: "string", default: "40" },
    only: { type: "string" },
  },
});
const root = resolve(fileURLToPath(new URL("../..", import.meta.url)));
const WORDS = "the panda lives on bamboo in the hills of china and sleeps for most of the day near water".split(" ");
const textOf = (words, seed) =>
  Array.from({ length: words }, (_, i) => WORDS[(seed * 7 + i * 3) % WORDS.length]).join(" ");
/** Of 5 to 124 words, as in server-load. */
const TEXTS = Array.from({ length: Number(values.texts) }, (_, i) => textOf(5 + ((i * 37) % 120), i));
/** Of 6 to 15 words. */
const SHORT = Array.from({ length: Number(values.texts) }, (_, i) => textOf(6 + ((i * 7) % 10), i));

/** What is measured: each returns texts a second, or milliseconds. */
const MEASURES = {
  "clients at once, a text each (texts/s)": (ask) =>
    rate(TEXTS.length, () => Promise.all(TEXTS.map((text) => ask([text])))),
  "one client, all texts (texts/s)": (ask) => rate(TEXTS.length, () => ask(TEXTS)),
  "one client, batches of 32 (texts/s)": (ask) => rate(TEXTS.length, () => inTurn(ask, batchesOf(TEXTS, 32))),
  "clients at once, a short text each (texts/s)": (ask) =>
    rate(SHORT.length, () => Promise.all(SHORT.map((text) => ask([text])))),
  "one client, all short texts (texts/s)": (ask) => rate(SHORT.length, () => ask(SHORT)),
  "a query alone, p50 (ms)": async (ask) => {
    const times = [];
    for (const text of SHORT.slice(0, Number(values.queries))) {
      const begun = performance.now();
      await ask([text]);
      times.push(performance.now() - begun);
    }
    return median(times);
  },
};

const contenders = [];
for (const [name, from] of [["ours", root], ...(values.base === undefined ? [] : [["base", resolve(values.base)]])]) {
  if (values.directory !== undefined) {
    const embedder = { directory: resolve(values.directory), id: "BAAI/bge-small-en-v1.5" };
    contenders.push(await started(`${name} fp32`, from, { embedder, embedderOptions: { dtype: "fp32" } }));
  }
  contenders.push(await started(`${name} int8`, from, {}));
}
for (const named of values.url) {
  const [, name, url, pid] = /^([^=]+)=([^#]+)(?:#(\d+))?$/.exec(named);
  contenders.push({ name, url, pid, end: async () => {} });
}

const found = new Map();
const agent = new Agent({ keepAlive: true, maxSockets: 1024 });
try {
  console.log(`${cpus()[0].model.trim()}, ${availableParallelism()} threads, Node ${process.version}`);
  for (const { url } of contenders) for (let i = 0; i < 10; i++) await askerOf(url)(SHORT.slice(0, 8));
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [measure, run] of Object.entries(MEASURES)) {
      if (values.only !== undefined && !measure.includes(values.only)) continue;
      // Those that come first in one round come last in the next.
      const order = round % 2 === 0 ? contenders : [...contenders].reverse();
      for (const { name, url, pid } of order) {
        const key = `${measure} | ${name}`;
        const before = processorMs(pid);
        const number = await run(askerOf(url));
        const texts = measure.includes("p50") ? Number(values.queries) : TEXTS.length;
        found.set(key, [...(found.get(key) ?? []), { number, ms: (processorMs(pid) - before) / texts }]);
      }
    }
    console.log(`round ${round + 1}: load ${loadavg()[0].toFixed(1)}`);
  }
  for (const measure of Object.keys(MEASURES)) {
    const first = found.get(`${measure} | ${contenders[0].name}`);
    if (first === undefined) continue;
    console.log(`\n${measure}`);
    for (const { name } of contenders) {
      const numbers = found.get(`${measure} | ${name}`);
      // Within a round, so that what else the machine does counts less.
      const ratioOf = (what) => median(numbers.map((one, round) => first[round][what] / one[what])).toFixed(2);
      const middle = (what) =>
        median(numbers.map((one) => one[what]))
          .toFixed(1)
          .padStart(7);
      const all = numbers.map(({ number }) => number.toFixed(1)).join(" ");
      const processor = `processor ${middle("ms")} ms a text, ${ratioOf("ms")}`;
      console.log(
        `  ${name.padEnd(12)} ${middle("number")}, ${contenders[0].name} / it ${ratioOf("number")}   ${processor}   (${all})`,
      );
    }
  }
} finally {
  agent.destroy();
  for (const { end } of contenders) await end();
}

/** Starts our server from a folder of the repository, in a process of its own. */
async function started(name, from, options) {
  const program = `import { serve } from "@bge-js/server";
    const server = await serve({ port: 0, ...${JSON.stringify(options)} });
    console.log(server.url);
    process.stdin.on("end", () => server.close()).resume();`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    cwd: from,
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [url] = await once(createInterface(child.stdout), "line");
  return {
    name,
    pid: child.pid,
    url: join(url, "embed").replace(":/", "://"),
    async end() {
      child.stdin.end();
      await once(child, "exit");
    },
  };
}

function askerOf(url) {
  return (texts) =>
    new Promise((done, fail) => {
      const body = JSON.stringify(
        url.endsWith("/embed") ? { inputs: texts } : { input: texts, model: "bge-small-en-v1.5" },
      );
      const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
      const sent = request(url, { method: "POST", headers, agent }, (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("error", fail);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          if (response.statusCode !== 200)
            return fail(new Error(`${url}: ${response.statusCode} ${text.slice(0, 200)}`));
          const json = JSON.parse(text);
          const vectors = Array.isArray(json) ? json : json.data.map(({ embedding }) => embedding);
          if (vectors.length !== texts.length)
            return fail(new Error(`${url}: ${vectors.length} vectors of ${texts.length}`));
          done(vectors);
        });
      });
      sent.on("error", fail);
      sent.end(body);
    });
}

/** Milliseconds that the processors have worked for a process; a clock's tick is 10 ms on Linux. */
function processorMs(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return Number.NaN;
  }
}

async function rate(count, work) {
  const begun = performance.now();
  await work();
  return (1000 * count) / (performance.now() - begun);
}

async function inTurn(ask, batches) {
  for (const batch of batches) await ask(batch);
}

function batchesOf(texts, size) {
  return Array.from({ length: Math.ceil(texts.length / size) }, (_, i) => texts.slice(i * size, (i + 1) * size));
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}
