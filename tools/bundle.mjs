// Puts the built modules of the package in the working folder into one file for each entry, and what entries share into further ones:
// a program that loads few files starts sooner. Run by `pnpm pack` and `pnpm publish`; the workspace itself uses the modules as tsc
// wrote them.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { rolldown } from "rolldown";

/**
 * By package: its entries in dist/, which are what package.json exports or runs, and files that threads and processes are started from
 * by their address.
 */
const ENTRIES = {
  "@bge-js/core": {
    modules: ["index", "adapter", "multimodal", "opentelemetry", "worker/process-entry", "worker/device-trial-entry"],
    // As CommonJS: a thread of ES modules takes 10 ms more of 45 to start.
    threads: ["worker/worker", "worker/warm-up-entry"],
  },
  "@bge-js/retriever": { modules: ["index", "adapter", "multimodal"], threads: [] },
  "@bge-js/cli": { modules: ["main", "pdf/worker"], threads: [] },
};

const folder = process.cwd();
const { name, dependencies, peerDependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
const outside = Object.keys({ ...dependencies, ...peerDependencies });
const { modules, threads } = ENTRIES[name];
const dist = join(folder, "dist");
const bundle = join(folder, "bundle");

rmSync(bundle, { recursive: true, force: true });
const chunks = [
  ...(await write(modules, "esm", "js", threads.length > 0 ? [threadsAsCommonJs()] : [])),
  ...(threads.length > 0 ? await write(threads, "cjs", "cjs") : []),
];
const problems = chunks.flatMap(problemsOf);
if (problems.length > 0) throw new Error(`the bundle of ${name} would not work:\n${problems.join("\n")}`);
console.log(`bundle: ${chunks.map(({ fileName }) => fileName).join(", ")}`);

/** In one folder, for modules find the files that they start beside themselves. */
async function write(entries, format, extension, plugins = []) {
  const build = await rolldown({
    input: entries.map((entry) => join(dist, `${entry}.js`)),
    platform: "node",
    external: [/^node:/, ...outside.map((dependency) => new RegExp(`^${dependency}(?:/|$)`))],
    plugins,
  });
  // A command's modules import what waits for the command.
  const always = name === "@bge-js/cli" ? new Set() : reachable(join(dist, `${entries[0]}.js`));
  const { output } = await build.write({
    dir: bundle,
    format,
    codeSplitting: { groups: [{ name: "main", test: (id) => always.has(id) }] },
    entryFileNames: `[name].${extension}`,
    chunkFileNames: `[name]-[hash].${extension}`,
  });
  await build.close();
  return output;
}

/** Lists what would be noticed only by a program that comes to it: foreign code that was taken in, and what is not where it is looked for. */
function problemsOf({ fileName, code, modules: parts, imports, dynamicImports }) {
  const foreign = Object.keys(parts).filter((id) => !id.startsWith(dist + sep) && !id.startsWith("\0"));
  const isKnown = (path) =>
    path.startsWith("node:") ||
    existsSync(join(bundle, path)) ||
    outside.some((dependency) => path === dependency || path.startsWith(`${dependency}/`));
  const unknown = [...imports, ...dynamicImports].filter((path) => !isKnown(path));
  const addresses = code.matchAll(/"(\.[^"]*)",\s*import\.meta\.url\)|import\.meta\.url\)\("(\.[^"]*)"\)/g);
  const missing = [...addresses].map(([, url, required]) => url ?? required).filter((path) => !isKnown(path));
  return [
    ...foreign.map((id) => `${fileName} has taken in ${id}`),
    ...unknown.map((path) => `${fileName} imports ${path}, which is neither in it nor a dependency`),
    ...missing.map((path) => `${fileName} looks for ${path}, which is not there`),
  ];
}

/** The modules that a module imports before it runs, and those that these import. */
function reachable(file, found = new Set()) {
  if (found.has(file)) return found;
  found.add(file);
  for (const [, path] of readFileSync(file, "utf8").matchAll(/^(?:import|export)\b(?:[^;"]*\bfrom)? "(\.[^"]*)";/gm)) {
    reachable(join(dirname(file), path), found);
  }
  return found;
}

/** Modules start entries, and import those of threads, by the names that these have here. */
function threadsAsCommonJs() {
  const names = threads.map((entry) => basename(entry));
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
