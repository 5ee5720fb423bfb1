// Assembles the kernels in WebAssembly's text format, each into a module of bytes beside it: node tools/kernel.mjs
import { readFileSync, writeFileSync } from "node:fs";
import wabt from "wabt";

const KERNELS = [
  ["packages/core/src/rows/kernel.wat", "kernel-bytes.ts", "KERNEL"],
  ["packages/core/src/images/resample.wat", "resample-bytes.ts", "RESAMPLE"],
  ["packages/retriever/src/scan.wat", "scan-bytes.ts", "SCAN"],
];
const { parseWat } = await wabt();
for (const [source, target, name] of KERNELS) {
  const file = new URL(`../${source}`, import.meta.url);
  const title = source.split("/").at(-1);
  const parsed = parseWat(title, readFileSync(file, "utf8"), { simd: true });
  const base64 = Buffer.from(parsed.toBinary({}).buffer).toString("base64");
  const lines = base64.match(/.{1,120}/g).map((line) => `  "${line}"`);
  const text = `/** ${title}, assembled by tools/kernel.mjs. */\nexport const ${name} =\n${lines.join(" +\n")};\n`;
  writeFileSync(new URL(target, file), text);
}
