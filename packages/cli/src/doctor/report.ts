import { bytes, columns, grouped } from "../format.js";
import type { Benchmark } from "./benchmark.js";
import type { ModelCheck } from "./check-models.js";
import type { Machine } from "./machine.js";

export interface Diagnosis extends Machine {
  readonly telemetry: "off" | "on" | "the system's setting";
  readonly models: readonly ModelCheck[];
  readonly benchmark?: Benchmark;
  /** What is wrong, and what to do. Empty if all is well. */
  readonly problems: readonly string[];
}

/** Writes a diagnosis for people. */
export function toReport({
  versions,
  system,
  processor,
  memory,
  runtime,
  load,
  environment,
  telemetry,
  models,
  benchmark,
  problems,
}: Diagnosis): string {
  const { model, processors, available, threads, instructions, int8 } = processor;
  const facts = columns([
    ["bge", `${versions.bge}, Node ${versions.node}, ONNX Runtime ${versions.onnxruntime}`],
    ["system", system],
    ["processor", `${model}, ${processors} logical processors`],
    [
      "threads",
      `${threads} (affinity allows ${available}${threads < available ? "; the container's quota is less" : ""})`,
    ],
    ["kernels", instructions === undefined ? "unknown" : instructions.join(", ") || "none that is known"],
    ["int8", int8 === "unknown" ? "unknown; the canaries below tell" : int8],
    ["memory", `${bytes(memory.available)} available of ${bytes(memory.limit)}`],
    [
      "disk",
      `ONNX Runtime ${bytes(runtime.total)}${runtime.needed < runtime.total ? `, without other systems' libraries ${bytes(runtime.needed)}` : ""}`,
    ],
    ...(load === undefined ? [] : [["load", loadOf(load, processors, benchmark !== undefined)]]),
    ["telemetry", telemetry],
    ["set", environment.join(", ") || "none of the variables that bge reads"],
  ]);
  const rows = models.map((check) => [
    check.id,
    check.dtypes.join(" "),
    check.from,
    bytes(check.bytes),
    stateOf(check),
  ]);
  const speed =
    benchmark === undefined
      ? ""
      : `\n${columns([
          ["embed", `${grouped(benchmark.textsPerSecond)} texts/s of about 100 tokens`],
          ["query", `${benchmark.queryMs.toFixed(1)} ms`],
          ["rerank", `${grouped(benchmark.rerankMs)} ms for 40 texts of about 100 tokens`],
        ])}`;
  const end =
    problems.length === 0 ? "No problem found.\n" : problems.map((problem) => `PROBLEM: ${problem}\n`).join("");
  return `${facts}\n${columns(rows)}${speed}\n${end}`;
}

/** Speeds are measured beside what else runs. The load is the whole machine's, in a container too. */
function loadOf(load: number, processors: number, areSpeedsBelow: boolean): string {
  const isBusy = areSpeedsBelow && load > processors / 2;
  return `${load.toFixed(1)} in the last minute${isBusy ? ": busy, the speeds below are not all that this machine can do" : ""}`;
}

function stateOf({ files, canary, loadMs, problem }: ModelCheck): string {
  if (problem !== undefined) return "PROBLEM";
  const parts: string[] = [];
  if (canary !== undefined)
    parts.push(
      `canary ${canary.verdict} (${canary.worst.toFixed(4)}, where it was built ${canary.expected?.toFixed(4) ?? "?"})`,
    );
  if (loadMs !== undefined) parts.push(`loads in ${grouped(loadMs)} ms`);
  if (files !== undefined) parts.push(files === "ok" ? "files verified" : "no hashes to verify its files");
  return parts.join(", ");
}
