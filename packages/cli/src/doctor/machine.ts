import { createRequire } from "node:module";
import { freemem, loadavg, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { version } from "../version.js";
import { type Processor, readProcessor } from "./processor.js";
import { type RuntimeSize, readRuntimeSize } from "./runtime-size.js";

/** What bge runs on. No path, host or user is in it. */
export interface Machine {
  readonly versions: { readonly bge: string; readonly node: string; readonly onnxruntime: string };
  readonly system: string;
  readonly processor: Processor;
  /** In bytes. `limit` is the container's, or the machine's memory. */
  readonly memory: { readonly limit: number; readonly available: number };
  /** What ONNX Runtime takes on disk: most of what a deployment is, beside the models. */
  readonly runtime: RuntimeSize;
  /** Processes that wanted a processor in the last minute, on average; not there on Windows, which does not count them. */
  readonly load?: number;
  /** Variables that change what bge does, if set: their names alone. */
  readonly environment: readonly string[];
}

const VARIABLES = [
  "HF_HUB_OFFLINE",
  "TRANSFORMERS_OFFLINE",
  "HF_ENDPOINT",
  "HF_HOME",
  "HF_HUB_CACHE",
  "HF_TOKEN",
  "HTTPS_PROXY",
  "ORT_DISABLE_TELEMETRY",
  "NODE_OPTIONS",
];

export async function readMachine(): Promise<Machine> {
  const runtime = runtimeManifest();
  return {
    versions: { bge: version, node: process.version, onnxruntime: runtime.version },
    system: [process.platform, process.arch, libc()].filter(Boolean).join(" "),
    processor: await readProcessor(),
    memory: { limit: memoryLimit(), available: process.availableMemory?.() ?? freemem() },
    runtime: readRuntimeSize(runtime.file),
    ...(process.platform !== "win32" && { load: loadavg()[0]! }),
    environment: VARIABLES.filter((name) => process.env[name]),
  };
}

/** Without a limit, Node gives 0 or more than there is. */
function memoryLimit(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** ONNX Runtime is a dependency of core, not ours. */
function runtimeManifest(): { readonly file: string; readonly version: string } {
  const core = createRequire(fileURLToPath(import.meta.resolve("@bge-js/core")));
  const file = core.resolve("onnxruntime-node/package.json");
  return { file, version: (core(file) as { version: string }).version };
}

function libc(): string {
  if (process.platform !== "linux") return "";
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime === undefined ? "no glibc (musl?)" : `glibc ${header.glibcVersionRuntime}`;
}
