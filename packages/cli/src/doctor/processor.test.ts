import { expect, test } from "vitest";
import { instructionsIn, linuxFlags, macFlags } from "./processor.js";

test("a processor's instructions, as systems tell them", () => {
  const cpuinfo =
    "processor\t: 0\nflags\t\t: fpu sse avx avx2 fma avx512f avx512_vnni\n\nprocessor\t: 1\nflags\t\t: x\n";
  expect(instructionsIn(linuxFlags(cpuinfo))).toEqual(["AVX", "AVX2", "FMA", "AVX-512", "AVX-512 VNNI"]);
  expect(instructionsIn(linuxFlags("Features\t: fp asimd asimddp i8mm bf16 sve\n"))).toEqual([
    "NEON",
    "dot product",
    "i8mm",
    "BF16",
    "SVE",
  ]);
  expect(linuxFlags("Hardware: something\n")).toBeUndefined();
  const sysctl =
    "machdep.cpu.brand_string: Apple M2\nhw.optional.arm.FEAT_I8MM: 1\nhw.optional.arm.FEAT_SME: 0\nhw.optional.AdvSIMD: 1\n";
  expect(instructionsIn(macFlags(sysctl))).toEqual(["i8mm", "NEON"]);
  expect(
    instructionsIn(macFlags("machdep.cpu.features: FPU AVX1.0 FMA\nmachdep.cpu.leaf7_features: AVX2 AVX512F\n")),
  ).toEqual(["AVX", "FMA", "AVX2", "AVX-512"]);
});
