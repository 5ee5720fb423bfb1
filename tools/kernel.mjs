// Assembles packages/core/src/rows/kernel.wat into kernel-bytes.ts beside it: node tools/kernel.mjs
import { readFileSync, writeFileSync } from "node:fs";
import wabt from "wabt";

const folder = new URL("../packages/core/src/rows/", import.meta.url);
const { parseWat } = await wabt();
const parsed = parseWat("kernel.wat", readFileSync(new URL("kernel.wat", folder), "utf8"), { simd: true });
const base64 = Buffer.from(parsed.toBinary({}).buffer).toString("base64");
const lines = base64.match(/.{1,120}/g).map((line) => `  "${line}"`);
writeFileSync(
  new URL("kernel-bytes.ts", folder),
  `/** kernel.wat, assembled by tools/kernel.mjs. */\nexport const KERNEL =\n${lines.join(" +\n")};\n`,
);
