// Builds what AWS Lambda gets: `build/`, its index included, and `function.zip` where `zip` is installed.
// `node build.mjs arm64` builds for Graviton; the index is made on this machine either way.
import { execFileSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { loadRetriever } from "@bge-js/retriever";

const MOST_BYTES = 250 * 1024 ** 2; // what Lambda allows, unpacked
const [architecture = "x64"] = process.argv.slice(2);
const build = join(import.meta.dirname, "build");

await rm(build, { recursive: true, force: true });
await mkdir(build);
for (const file of ["package.json", "handler.mjs"]) await cp(join(import.meta.dirname, file), join(build, file));

// The packages of Lambda's platform, whatever this one is. No script runs, so nothing is compiled and no CUDA is downloaded.
const platform = ["--os=linux", `--cpu=${architecture}`, "--libc=glibc"];
execFileSync("npm", ["install", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", ...platform], {
  cwd: build,
  stdio: "inherit",
});
// onnxruntime-node carries the libraries of all platforms.
const libraries = join(build, "node_modules", "onnxruntime-node", "bin", "napi-v6");
for (const system of await readdir(libraries)) {
  for (const processor of await readdir(join(libraries, system))) {
    if (system !== "linux" || processor !== architecture)
      await rm(join(libraries, system, processor), { recursive: true });
  }
}

// Read once, here: the function only opens the index.
const retriever = await loadRetriever({ directory: join(build, "index") });
const sections = (await readFile(join(import.meta.dirname, "faq.md"), "utf8")).split(/^## /m).slice(1);
await retriever.add(sections.map((text) => ({ id: text.split("\n", 1)[0], text })));
console.log(`${retriever.size} documents in the index`);
await retriever.dispose();

const bytes = await sizeOf(build);
console.log(`${architecture}: ${(bytes / 1024 ** 2).toFixed(0)} MB unpacked, of ${MOST_BYTES / 1024 ** 2}`);
if (bytes > MOST_BYTES) throw new Error("too large for Lambda");
try {
  execFileSync("zip", ["--quiet", "--recurse-paths", "--filesync", "../function.zip", "."], { cwd: build });
  console.log("function.zip");
} catch (error) {
  if (error.code !== "ENOENT") throw error;
  console.log("zip is not installed: pack the content of build/ yourself");
}

async function sizeOf(folder) {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
