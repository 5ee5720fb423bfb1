// Loads a server with many clients at once, and counts what comes back: npm run server-load -- --clients 512 --seconds 60.
// Without --url it serves the packaged model itself. With --url and --dialect openai it loads another server, such as infinity.
import { parseArgs } from "node:util";
import { serve } from "@bge-js/server";

const { values } = parseArgs({
  options: {
    clients: { type: "string", default: "512" },
    seconds: { type: "string", default: "60" },
    url: { type: "string" },
    path: { type: "string", default: "/embed" },
    directory: { type: "string" },
    dtype: { type: "string" },
  },
});
const clients = Number(values.clients);
const lasting = Number(values.seconds) * 1000;
const own =
  values.url === undefined
    ? await serve({
        port: 0,
        maxConcurrentRequests: clients,
        ...(values.directory && { embedder: { directory: values.directory, id: "BAAI/bge-small-en-v1.5" } }),
        ...(values.dtype && { embedderOptions: { dtype: values.dtype } }),
      })
    : undefined;
const url = values.url ?? own.url;
/** 256 texts of a few to two hundred words, the same in every run. */
const WORDS = "the panda lives on bamboo in the hills of china and sleeps for most of the day near water".split(" ");
const TEXTS = Array.from({ length: 256 }, (_, i) =>
  Array.from({ length: 5 + ((i * 37) % 120) }, (_, j) => WORDS[(i * 7 + j * 3) % WORDS.length]).join(" "),
);
const widths = new Set();
const counts = { done: 0, refused: 0, failed: 0 };
const times = [];
const memory = [];
const began = performance.now();
const watch = setInterval(() => memory.push(process.memoryUsage().rss / 2 ** 20), 1000);

async function client(number) {
  for (let turn = number; performance.now() - began < lasting; turn++) {
    const text = TEXTS[turn % TEXTS.length];
    const before = performance.now();
    const response = await fetch(url + values.path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(values.path.endsWith("embeddings") ? { input: [text] } : { inputs: [text] }),
    });
    const json = await response.json();
    if (response.status === 200) {
      counts.done++;
      times.push(performance.now() - before);
      widths.add((json.data?.[0].embedding ?? json[0]).length);
    } else if (response.status === 429) {
      counts.refused++;
      await new Promise((resolve) => setTimeout(resolve, 1000 * Math.random()));
    } else counts.failed++;
  }
}

await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
const seconds = (performance.now() - began) / 1000;
clearInterval(watch);
await own?.close();
times.sort((a, b) => a - b);
const at = (share) => Math.round(times[Math.floor(share * (times.length - 1))]);
/** The median of each sixth of the time, which shows growth where single samples do not. */
const sixths = Array.from({ length: 6 }, (_, i) => {
  const part = memory.slice(Math.floor((i * memory.length) / 6), Math.floor(((i + 1) * memory.length) / 6));
  return Math.round(part.toSorted((a, b) => a - b)[Math.floor(part.length / 2)]);
});
console.log({
  clients,
  ...counts,
  widths: [...widths],
  perSecond: Number((counts.done / seconds).toFixed(1)),
  msP50: at(0.5),
  msP99: at(0.99),
  rssMiB: own && { sixths, most: Math.round(Math.max(...memory)) },
});
process.exitCode = counts.failed > 0 ? 1 : 0;
