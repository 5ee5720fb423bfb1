import { type Embedder, loadEmbedder, loadReranker } from "@bge-js/core";
import { monotonic } from "@bge-js/core/adapter";

export interface Benchmark {
  /** Of texts of about 100 tokens, with all threads. */
  readonly textsPerSecond: number;
  /** A short query on an idle machine, median. */
  readonly queryMs: number;
  /** The default reranker over 40 texts of about 100 tokens, median. */
  readonly rerankMs: number;
}

const TEXTS = 128;
const CANDIDATES = 40;
const QUERIES = 9;
const RERANKS = 3;

/** Measures the default models, once warm. Takes some seconds. */
export async function runBenchmark(signal: AbortSignal): Promise<Benchmark> {
  const options = { signal, download: false };
  await using embedder = await loadEmbedder(undefined, options);
  const texts = Array.from({ length: TEXTS }, (_, i) => sampleText(i));
  await embedder.embedDocuments(texts.slice(0, 16), { signal });
  const bulkMs = await timed(() => embedder.embedDocuments(texts, { signal }));
  const queryMs = await queries(embedder, signal);
  await using reranker = await loadReranker(undefined, options);
  const rerank = () => reranker.rerank("how do rivers shape a valley?", texts.slice(0, CANDIDATES), { signal });
  await rerank();
  return { textsPerSecond: TEXTS / (bulkMs / 1000), queryMs, rerankMs: await median(RERANKS, rerank) };
}

async function queries(embedder: Embedder, signal: AbortSignal): Promise<number> {
  const ask = () => embedder.embedQuery("how do rivers shape a valley?", { signal });
  // A few, so that the session for lone queries is open.
  for (let i = 0; i < 5; i++) await ask();
  return median(QUERIES, ask);
}

async function median(times: number, work: () => Promise<unknown>): Promise<number> {
  const all: number[] = [];
  for (let i = 0; i < times; i++) all.push(await timed(work));
  return all.sort((a, b) => a - b)[Math.floor(times / 2)]!;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = monotonic();
  await work();
  return monotonic() - start;
}

const SENTENCES = [
  "A river carries stones and sand from the mountains to the sea.",
  "Where the ground is soft, the water cuts a wide valley with gentle slopes.",
  "In hard rock it cuts a gorge, and falls remain where the layers change.",
  "Floods move more material in a day than an ordinary year does.",
  "Plants hold the banks together, and animals follow the water.",
  "Towns were built at fords and bridges, and mills at the weirs.",
];

/** Some 100 tokens: the same sentences, so that the work is the same everywhere, each time in another order. */
function sampleText(index: number): string {
  const start = index % SENTENCES.length;
  return `Note ${index}. ${[...SENTENCES.slice(start), ...SENTENCES.slice(0, start), SENTENCES[start]].join(" ")}`;
}
