import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { promisify } from "node:util";
import { containerCpus } from "@bge-js/core/adapter";

export interface Processor {
  readonly model: string;
  /** Logical processors of the machine, those this process may use, and those its container pays for. */
  readonly processors: number;
  readonly available: number;
  readonly threads: number;
  /** Instructions that ONNX Runtime has kernels for; `undefined` where the system does not tell. */
  readonly instructions: readonly string[] | undefined;
  /** How int8 products are computed, which decides their speed and, without one of these, their exactness. */
  readonly int8: "dot product" | "no dot product" | "unknown";
}

/** Names of instructions, by the names that systems give them. */
const INSTRUCTIONS: Readonly<Record<string, string>> = {
  avx: "AVX",
  "avx1.0": "AVX",
  avx2: "AVX2",
  fma: "FMA",
  f16c: "F16C",
  avx512f: "AVX-512",
  avx512_vnni: "AVX-512 VNNI",
  avx512vnni: "AVX-512 VNNI",
  avx_vnni: "AVX VNNI",
  avx512_bf16: "AVX-512 BF16",
  amx_int8: "AMX int8",
  amx_bf16: "AMX BF16",
  asimd: "NEON",
  asimdhp: "NEON fp16",
  asimddp: "dot product",
  i8mm: "i8mm",
  bf16: "BF16",
  sve: "SVE",
  sve2: "SVE2",
  sme: "SME",
  advsimd: "NEON",
  "arm.advsimd": "NEON",
  "arm.feat_dotprod": "dot product",
  "arm.feat_i8mm": "i8mm",
  "arm.feat_bf16": "BF16",
  "arm.feat_fp16": "NEON fp16",
  "arm.feat_sme": "SME",
};

const INT8 = ["AVX-512 VNNI", "AVX VNNI", "AMX int8", "dot product", "i8mm"];

/** Returns what the processor has, as the system tells it. */
export async function readProcessor(): Promise<Processor> {
  const instructions = instructionsIn(await readFlags());
  return {
    model: cpus()[0]?.model.trim() || "unknown",
    processors: cpus().length,
    available: availableParallelism(),
    threads: containerCpus(),
    instructions,
    int8:
      instructions === undefined
        ? "unknown"
        : instructions.some((name) => INT8.includes(name))
          ? "dot product"
          : "no dot product",
  };
}

/** Returns the instructions among a system's flags, by our names. */
export function instructionsIn(flags: readonly string[] | undefined): readonly string[] | undefined {
  if (flags === undefined) return undefined;
  return [...new Set(flags.flatMap((flag) => INSTRUCTIONS[flag.toLowerCase()] ?? []))];
}

async function readFlags(): Promise<readonly string[] | undefined> {
  try {
    if (process.platform === "linux") return linuxFlags(readFileSync("/proc/cpuinfo", "utf8"));
    if (process.platform === "darwin")
      return macFlags((await promisify(execFile)("sysctl", ["machdep.cpu", "hw.optional"])).stdout);
  } catch {
    // Told as unknown.
  }
  return undefined;
}

/** Reads the first processor's line `flags` (x86) or `Features` (Arm). */
export function linuxFlags(cpuinfo: string): string[] | undefined {
  return /^(?:flags|Features)\s*:(.*)$/m.exec(cpuinfo)?.[1]?.trim().split(/\s+/);
}

/** Reads lists of names (`machdep.cpu.features: ...`, Intel) and switches that are on (`hw.optional.arm.FEAT_I8MM: 1`). */
export function macFlags(sysctl: string): string[] {
  return sysctl.split("\n").flatMap((line) => {
    const [name = "", value = ""] = line.split(": ");
    if (/^machdep\.cpu\.(leaf7_)?features$/.test(name)) return value.trim().split(/\s+/);
    return name.startsWith("hw.optional.") && value.trim() === "1" ? [name.slice("hw.optional.".length)] : [];
  });
}
