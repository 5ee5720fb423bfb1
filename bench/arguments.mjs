import { resolve } from "node:path";
import { parseArgs } from "node:util";

export const PARTS = ["bulk", "latency", "rerank", "search", "memory", "ceiling", "growth", "pictures"];

export const USAGE = `npm run bench -- [--short] [--part NAME]... [--rounds N] [--threads N] [--model FOLDER] [--write]
  --short      small counts and few rounds: shows that everything runs; its figures mean little
  --part       only this part, of ${PARTS.join(", ")}; may be given more than once
  --rounds     rounds of alternating processes (5; short: 2)
  --threads    processor threads of every contender (2)
  --model      a folder of tools/export with BGE-VL-base or a model of its shape: what the part pictures runs, which is left out without it
  --peer-model the same weights in the form that others' converters write (see bench/onnx/plain_clip.py)
  --write      put the tables and plots into bench/README.md, and of a full run the summary into docs/speed.md
Needs nothing else; BGE_JS_MODELS (original weights), BGE_JS_DATA (retrieval sets) and BGE_JS_BENCH_PYTHON (a Python with
sentence-transformers, onnx) add what needs them.`;

/** True for a run whose summary stands for all: pictures need a model that not everyone has. */
export function isFull(parts) {
  return PARTS.every((part) => part === "pictures" || parts.includes(part));
}

/** What the command line asks for; throws an Error that says what is wrong. */
export function parseArguments(args) {
  const { values } = parseArgs({
    args,
    options: {
      short: { type: "boolean", default: false },
      part: { type: "string", multiple: true },
      rounds: { type: "string" },
      threads: { type: "string", default: "2" },
      model: { type: "string" },
      "peer-model": { type: "string" },
      write: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  for (const part of values.part ?? []) {
    if (!PARTS.includes(part)) throw new Error(`--part ${part}: there are ${PARTS.join(", ")}`);
  }
  const { model, "peer-model": peerModel } = values;
  if (model === undefined && values.part?.includes("pictures")) throw new Error("--part pictures: needs --model");
  if (values.write && values.short) throw new Error("--write with --short: figures of a short run are not for print");
  return {
    short: values.short,
    parts: PARTS.filter((part) => values.part?.includes(part) ?? (part !== "pictures" || model !== undefined)),
    rounds: count("--rounds", values.rounds ?? (values.short ? "2" : "5")),
    threads: count("--threads", values.threads),
    ...(model !== undefined && { model: resolve(model) }),
    ...(peerModel !== undefined && { peerModel: resolve(peerModel) }),
    write: values.write,
    help: values.help,
  };
}

function count(name, text) {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${name} ${text}: a whole number from 1 on`);
  return value;
}
