// An index on disk at scale: how large it gets, how long it takes to open, what it holds in memory, how long a search takes.
//   npm run index-scale -- --directory DIR [--documents 1000000] [--queries 60]
// The documents are synthetic: 80 words each by Zipf's law, vectors around those of some texts that the model really reads, and these
// texts' token rows. They are written by the store itself, without the model. An index that is there already is only measured. DIR is
// not removed.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join, resolve } from "node:path";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadEmbedder } from "@bge-js/core";
import { keptRowsOf, vectorFacts } from "@bge-js/core/adapter";
import { loadRetriever } from "@bge-js/retriever";
import { openDiskStore } from "../../packages/retriever/dist/disk/disk-store.js";

const { values } = parseArgs({
  options: {
    directory: { type: "string" },
    documents: { type: "string", default: "1000000" },
    queries: { type: "string", default: "60" },
    /** Set where this program writes, or measures, in a process of its own. */
    part: { type: "string" },
  },
});
const WORDS = 80;
const VOCABULARY = 300_000;
const STOP_WORDS = 30;
const count = Number(values.documents);
if (!values.directory) throw new Error("Name a directory for the index: --directory");
const directory = resolve(values.directory);

let state = 1;
/** From 0 to 1, the same in every run. */
function random() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return state / 2 ** 32;
}

if (values.part === "write") await write();
else if (values.part === "measure") await measure();
else {
  const [{ model }] = cpus();
  console.log(`${model.trim()}, ${availableParallelism()} threads, Node ${process.version}`);
  const parts = !existsSync(join(directory, "data.mdb")) ? ["write", "measure"] : ["measure"];
  // Each in a process of its own: what one has read or made does not count for the other.
  for (const part of parts) {
    const flags = [fileURLToPath(import.meta.url), ...process.argv.slice(2), "--part", part];
    execFileSync(process.execPath, flags, { stdio: "inherit" });
  }
}

/**
 * Texts by Zipf's law: the n-th word of the vocabulary comes up in proportion to 1 / n. The first are missing, as stop words
 * are; so the most frequent one is in a quarter of the texts.
 */
function textOf(words = WORDS) {
  const rank = () => Math.floor(STOP_WORDS * (VOCABULARY / STOP_WORDS) ** random());
  return Array.from({ length: words }, () => wordOf(rank())).join(" ");
}

/** Texts of 80 words, of this repository's pages. */
function englishTexts() {
  const folder = new URL("../../docs/", import.meta.url);
  return readdirSync(folder)
    .filter((name) => name.endsWith(".md"))
    .flatMap((name) => {
      const words = readFileSync(new URL(name, folder), "utf8").match(/[A-Za-z]{2,}/g);
      return Array.from({ length: Math.floor(words.length / WORDS) }, (_, i) =>
        words.slice(i * WORDS, (i + 1) * WORDS).join(" "),
      );
    });
}

function wordOf(rank) {
  return `w${rank.toString(26).replace(/[0-9]/g, (digit) => "qrstuvwxyz"[digit])}`;
}

/** Documents, with vectors and rows like those of texts that were read. */
async function* documents(embedder) {
  const kept = keptRowsOf(embedder);
  const models = [];
  for await (const one of kept.embedStream(englishTexts(), {})) models.push(one);
  for (let i = 0; i < count; i++) {
    const {
      vectors: [vector],
      rows,
    } = models[Math.floor(random() * models.length)];
    const own = vector.map((value) => value + (random() - 0.5) * 0.12);
    const length = Math.hypot(...own);
    yield { document: { id: `document-${i}`, text: textOf() }, vector: own.map((value) => value / length), rows };
  }
}

async function write() {
  const embedder = await loadEmbedder();
  const identity = { vectors: vectorFacts(embedder, embedder.source.device), rows: true };
  const store = await openDiskStore({ directory, readOnly: false, dimensions: embedder.dimensions, identity });
  const start = performance.now();
  let [waited, done, rowBytes] = [0, 0, 0];
  for await (const { document, vector, rows } of documents(embedder)) {
    void store.put(document, [vector], rows);
    rowBytes += rows.length;
    if (++done % 100_000 === 0) console.error(`${done} documents, ${seconds(start)} s`);
    if (!store.isDue()) continue;
    const before = performance.now();
    await store.commit();
    waited += performance.now() - before;
  }
  await store.commit();
  console.log(`wrote ${count} documents in ${seconds(start)} s, ${(waited / 1000).toFixed(0)} s of it in commits`);
  console.log(`token rows: ${(rowBytes / count).toFixed(0)} bytes a document`);
  await store.close();
  await embedder.dispose();
}

async function measure() {
  const embedder = await loadEmbedder();
  const before = resident();
  const start = performance.now();
  const retriever = await loadRetriever({ embedder, reranker: false, lateInteraction: true, directory });
  console.log(`opened ${retriever.size} documents in ${seconds(start)} s`);
  const bytes = statSync(join(directory, "data.mdb")).size;
  console.log(`on disk: ${(bytes / 1e9).toFixed(2)} GB, ${(bytes / retriever.size).toFixed(0)} bytes a document`);
  report("after opening", before);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const seen = { total: [], lexical: [], dense: [], lateInteraction: [], here: [], processor: [] };
  for (let i = 0; i <= Number(values.queries); i++) {
    const query = textOf(8);
    const loop = performance.eventLoopUtilization();
    const used = process.cpuUsage();
    const { timings, results } = await retriever.search(query);
    if (results.length !== 10) throw new Error(`${results.length} results`);
    // The first search is for what is made once.
    if (i === 0) {
      delay.enable();
      continue;
    }
    for (const [stage, ms] of Object.entries(timings)) seen[stage].push(ms);
    seen.here.push(performance.eventLoopUtilization(loop).active);
    // Of all threads, the model's among them: unlike the others, it does not grow with what else the machine does.
    const { user, system } = process.cpuUsage(used);
    seen.processor.push((user + system) / 1000);
  }
  delay.disable();
  const line = Object.entries(seen).map(([stage, list]) => `${stage} ${quantile(list, 0.5)}`);
  console.log(
    `search without the cross-encoder, p50 in ms: ${line.join(", ")}; total p95 ${quantile(seen.total, 0.95)}`,
  );
  console.log(
    `event loop: p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms, longest ${(delay.max / 1e6).toFixed(1)} ms`,
  );
  report("after the searches", before);
  await retriever.dispose();
  await embedder.dispose();
}

/** Resident bytes: the process's own, and mapped from files. */
function resident() {
  const status = readFileSync("/proc/self/status", "utf8");
  const of = (name) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)[1]) / 1024;
  return { own: of("RssAnon"), mapped: of("RssFile"), all: of("VmRSS") };
}

function report(when, before) {
  const now = resident();
  const [own, mapped] = [now.own - before.own, now.mapped - before.mapped];
  console.log(
    `resident ${when}: ${now.all.toFixed(0)} MB, of which the index ${own.toFixed(0)} MB of its own and ${mapped.toFixed(0)} MB of its file`,
  );
}

function seconds(start) {
  return ((performance.now() - start) / 1000).toFixed(2);
}

function quantile(list, share) {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length * share)].toFixed(1);
}
