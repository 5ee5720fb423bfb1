// Puts the built modules of the core into one file for each entry, and what entries share into further ones: a program that
// loads few files starts sooner. Run by `pnpm pack` and `pnpm publish`; the workspace itself uses the modules as tsc wrote them.
import { readFileSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const core = join(dirname(dirname(fileURLToPath(import.meta.url))), "packages", "core");
const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(core, "package.json"), "utf8"));
const dist = join(core, "dist");
const bundle = join(core, "bundle");
/** What package.json exports, and processes that are started by their address. */
const MODULES = [
  "index",
  "adapter",
  "multimodal",
  "opentelemetry",
  "worker/process-entry",
  "worker/device-trial-entry",
];
/** Threads, as CommonJS: one of ES modules takes 10 ms more of 45 to start. */
const THREADS = ["worker/worker", "worker/warm-up-entry"];

rmSync(bundle, { recursive: true, force: true });
const files = [...(await write(MODULES, "esm", "js", [threadsAsCommonJs()])), ...(await write(THREADS, "cjs", "cjs"))];
console.log(`bundle: ${files.join(", ")}`);

/** In one folder, for modules find the files that they start beside themselves. */
async function write(entries, format, extension, plugins = []) {
  const build = await rolldown({
    input: entries.map((entry) => join(dist, `${entry}.js`)),
    platform: "node",
    external: [/^node:/, ...Object.keys({ ...dependencies, ...peerDependencies })],
    plugins,
  });
  const { output } = await build.write({
    dir: bundle,
    format,
    entryFileNames: `[name].${extension}`,
    chunkFileNames: `[name]-[hash].${extension}`,
  });
  await build.close();
  return output.map(({ fileName }) => fileName);
}

/** Modules start entries, and import those of threads, by the names that these have here. */
function threadsAsCommonJs() {
  const names = THREADS.map((entry) => basename(entry));
  const address = /(new URL\(\s*\/\*.*?\*\/\s*)"\.\.\/worker\/([\w-]+)\.js", import\.meta\.url\)/g;
  const started = new Set();
  return {
    name: "threads as CommonJS",
    resolveId: (id) =>
      names.includes(basename(id, ".js")) ? { id: `./${basename(id, ".js")}.cjs`, external: true } : null,
    transform: (code) =>
      code.replaceAll(address, (_, before, name) => {
        started.add(name);
        return `${before}"./${name}.${names.includes(name) ? "cjs" : "js"}", import.meta.url)`;
      }),
    buildEnd() {
      const idle = [...names, "process-entry", "device-trial-entry"].filter((name) => !started.has(name));
      if (idle.length > 0) throw new Error(`nothing starts ${idle}`);
    },
  };
}
