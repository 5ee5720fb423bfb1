// How well and how fast `bge search` reads PDFs: pages, processor time of the thread with its start, and the words and pairs of words in a
// row that it has in common with poppler's `pdftotext -raw`, which must be installed.
//
//   node bench/probes/pdf-text.mjs FILE.pdf...
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { createPdfReader } from "../../packages/cli/dist/pdf/reader.js";

const { signal } = new AbortController();
const reader = createPdfReader();
await reader.read(Buffer.from("%PDF-1.7"), undefined, signal).catch(() => {});
for (const file of process.argv.slice(2)) {
  const bytes = readFileSync(file);
  const before = process.cpuUsage();
  const pages = await reader.read(bytes, undefined, signal).catch((error) => error);
  const { user, system } = process.cpuUsage(before);
  if (pages instanceof Error) {
    console.log(`${basename(file)} ${pages.message}`);
    continue;
  }
  const ours = words(pages.map(({ lines }) => lines.join("\n")).join("\n"));
  const theirs = words(execFileSync("pdftotext", ["-raw", file, "-"], { encoding: "utf8", maxBuffer: 2 ** 28 }));
  const share = (a, b) => `${(100 * inCommon(a, b)).toFixed(2)} %`;
  const [time, same, pairs] = [(user + system) / 1000, share(ours, theirs), share(inPairs(ours), inPairs(theirs))];
  console.log(`${basename(file)}  ${pages.length} pages  ${time.toFixed(0)} ms  words ${same}  pairs ${pairs}`);
}
await reader[Symbol.asyncDispose]();

/** A word divided at the end of a line is one for us. */
function words(text) {
  const whole = text.replace(/\u00ad\s+/g, "").replace(/(\p{L})-\n(\p{L})/gu, "$1$2");
  return whole.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
}

function inPairs(list) {
  return list.slice(1).map((word, i) => `${list[i]} ${word}`);
}

/** The F1 measure of two lists, whatever their order. */
function inCommon(a, b) {
  const left = new Map();
  for (const one of a) left.set(one, (left.get(one) ?? 0) + 1);
  let same = 0;
  for (const one of b) {
    const count = left.get(one) ?? 0;
    if (count > 0) same++;
    left.set(one, count - 1);
  }
  return a.length + b.length === 0 ? 1 : (2 * same) / (a.length + b.length);
}
