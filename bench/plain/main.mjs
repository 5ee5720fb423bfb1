// Runs a command as on a processor with AVX2 and neither AVX-512 nor VNNI, which is what most shared machines have:
//   npm run plain -- node bench/main.mjs --part search
// Every copy of ONNX Runtime under node_modules, ours and the peers', sees a processor without them and takes its kernels for AVX2. What it computes is
// what such a processor computes, bit for bit; clock, caches and memory stay this machine's. Linux on x64, with gcc and binutils.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const work = join(root, "bench", "work");
const [command, ...args] = process.argv.slice(2);
if (command === undefined) throw new Error("Name a command: npm run plain -- node bench/main.mjs --part search");
if (process.platform !== "linux" || process.arch !== "x64") throw new Error("Linux on x64 only");

mkdirSync(work, { recursive: true });
const library = join(work, "plain.so");
execFileSync("gcc", ["-O2", "-shared", "-fPIC", "-o", library, join(root, "bench", "plain", "hide.c")], {
  stdio: "inherit",
});
const found = runtimes().map((file) => `${file}:${offsetsOf(file).join(",")}`);
if (found.length === 0) throw new Error("There is no libonnxruntime under node_modules: npm run setup");
const env = { ...process.env, LD_AUDIT: library, BGE_JS_PLAIN: found.join("\n") };
const { status, error } = spawnSync(command, args, { stdio: "inherit", env });
if (error !== undefined) console.error(`${command} cannot be run: ${error.message}`);
process.exit(status ?? 1);

/** The real paths of all copies, which is how the loader names them. */
function runtimes() {
  const folders = [join(root, "node_modules"), join(root, "bench", "node_modules")].filter((folder) =>
    existsSync(folder),
  );
  const search = [...folders, "-type", "f", "-path", "*/linux/x64/libonnxruntime.so*"];
  const files = execFileSync("find", search, { encoding: "utf8" }).trim().split("\n").filter(Boolean);
  return [...new Set(files.map((file) => realpathSync(file)))];
}

/** Where its `cpuid` instructions are, from the library's base. */
function offsetsOf(file) {
  const code = execFileSync("objdump", ["-d", "--no-show-raw-insn", file], { maxBuffer: 2 ** 32, encoding: "latin1" });
  return [...code.matchAll(/^\s*([0-9a-f]+):\tcpuid/gm)].map(([, address]) => Number.parseInt(address, 16));
}
