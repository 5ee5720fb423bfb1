import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";

/** What the figures were measured on. */
export function machineFacts() {
  return {
    processor: cpus()[0].model.trim(),
    cores: availableParallelism(),
    extensions: extensions(),
    memoryGb: Math.round(totalmem() / 1e9),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    commit: commit(),
    versions: {
      "onnxruntime-node of bge-js": versionOf("onnxruntime-node", "../packages/core/package.json"),
      "@huggingface/transformers": versionOf("@huggingface/transformers", "./package.json"),
      "its onnxruntime-node": versionOf("onnxruntime-node", "./node_modules/@huggingface/transformers/package.json"),
      fastembed: versionOf("fastembed", "./package.json"),
      "its onnxruntime-node (fastembed)": versionOf("onnxruntime-node", "./node_modules/fastembed/package.json"),
    },
    loadBefore: loadavg()[0],
  };
}

/** One line for above a table. */
export function machineLine({ processor, cores, extensions, memoryGb, platform, node, versions, commit: at }) {
  const packages = `transformers.js ${versions["@huggingface/transformers"]}, fastembed ${versions.fastembed}`;
  const runtime = `ONNX Runtime ${versions["onnxruntime-node of bge-js"]}`;
  const found = extensions.length > 0 ? ` with ${extensions.join(", ")}` : "";
  return `${processor}${found}, ${cores} cores, ${memoryGb} GB, ${platform}, Node ${node}; ${runtime}; ${packages}; commit ${at}.`;
}

/** The instructions that decide the speed of int8; known on Linux alone. `npm run plain` hides them all. */
function extensions() {
  if (process.env.BGE_JS_PLAIN) return ["AVX-512, VNNI and AMX hidden (AVX2 alone)"];
  try {
    const flags = readFileSync("/proc/cpuinfo", "utf8");
    const names = {
      amx_int8: "AMX",
      avx512_vnni: "AVX-512 VNNI",
      avx_vnni: "AVX VNNI",
      asimddp: "DotProd",
      i8mm: "I8MM",
    };
    return Object.entries(names).flatMap(([flag, name]) => (new RegExp(`\\b${flag}\\b`).test(flags) ? [name] : []));
  } catch {
    return [];
  }
}

function versionOf(name, from) {
  try {
    const paths = createRequire(new URL(from, import.meta.url)).resolve.paths(name);
    const folder = paths.find((path) => exists(`${path}/${name}/package.json`));
    return JSON.parse(readFileSync(`${folder}/${name}/package.json`, "utf8")).version;
  } catch {
    return "none";
  }
}

function exists(file) {
  try {
    readFileSync(file);
    return true;
  } catch {
    return false;
  }
}

function commit() {
  try {
    const git = (...args) => execFileSync("git", args, { cwd: new URL(".", import.meta.url), encoding: "utf8" }).trim();
    return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain", "-uno") === "" ? "" : " with changes");
  } catch {
    return "unknown";
  }
}
