// Peak memory of a process that embeds long texts: node bench/probes/long-inputs.mjs --model FOLDER --tokens 8192 --count 1
// The folder is any that loadEmbedder reads; tools/export writes one of bge-m3's shape from random weights, too.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { loadEmbedder } from "@bge-js/core";

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    tokens: { type: "string", default: "512" },
    count: { type: "string", default: "1" },
    dtype: { type: "string" },
    workers: { type: "string" },
    outputs: { type: "string", default: "dense" },
  },
});
const tokens = Number(values.tokens);
const outputs = values.outputs.split(",");
const megabytes = (name) =>
  Math.round(Number(/\d+/.exec(new RegExp(`${name}:.*`).exec(readFileSync("/proc/self/status", "utf8"))[0])) / 1024);

const before = megabytes("VmRSS");
const embedder = await loadEmbedder(values.model, {
  maxTokens: tokens,
  truncation: "silent",
  ...(values.dtype === undefined ? {} : { dtype: values.dtype }),
  ...(values.workers === undefined ? {} : { workers: Number(values.workers) }),
});
const loaded = megabytes("VmRSS");
// Words enough that every text is cut to the limit.
const texts = Array.from({ length: Number(values.count) }, (_, i) => `${i} ${"a word and ".repeat(tokens)}`);
await embedder.embed(texts, { inputType: "document", outputs });
console.log(
  JSON.stringify({
    texts: texts.length,
    tokens,
    outputs: values.outputs,
    megabytes: { start: before, loaded, peak: megabytes("VmHWM"), afterwards: megabytes("VmRSS") },
  }),
);
await embedder.dispose();
