// Run by event-loop.test.ts in a process of its own: the test runner's heap would stall the loop in its own collections.
import { readFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { loadEmbedder } from "@bge-js/core";

const ROUNDS = 3;
const document = "retrieval ".repeat(398);
const embedder = await loadEmbedder(undefined, { truncation: "silent" });
const tokens = await embedder.countTokens(document);
await embedder.embedDocuments(Array.from({ length: 8 }, () => document));

const runsMs = [];
for (let i = 0; i < 7; i++) {
  const start = performance.now();
  await embedder.embedDocuments([document]);
  runsMs.push(performance.now() - start);
}

const longestMs = [];
const queries = [];
let vectors = 0;
for (let round = 0; round < ROUNDS; round++) {
  const longest = watchLoop();
  const bulk = embedder.embedDocuments([...Array.from({ length: 200 }, () => document), "word ".repeat(200_000)]);
  let over = false;
  void bulk.finally(() => {
    over = true;
  });
  let answered = 0;
  while (!over) {
    await embedder.embedQuery("does a query overtake the documents?");
    answered++;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  longestMs.push(longest());
  vectors += (await bulk).length;
  queries.push(answered);
}
await embedder.dispose();
console.log(
  JSON.stringify({ tokens, runMs: median(runsMs), longestMs: median(longestMs), queries: median(queries), vectors }),
);

/**
 * The longest that anything held this thread, in milliseconds: on Linux the processor time that it used between two timers, which
 * other programs on the machine cannot lengthen; elsewhere the delay of a timer.
 */
function watchLoop() {
  if (process.platform !== "linux") {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    return () => {
      delay.disable();
      return delay.max / 1e6;
    };
  }
  const used = () => Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  let longest = 0;
  let last = used();
  const timer = setInterval(() => {
    const now = used();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1);
  return () => {
    clearInterval(timer);
    return longest;
  };
}

function median(list) {
  return [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
}
