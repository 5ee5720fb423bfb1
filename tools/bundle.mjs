// Puts the built modules of the core into one file for each entry, and what entries share into further ones: a program that
// loads few files starts sooner. Run by `pnpm pack` and `pnpm publish`; the workspace itself uses the modules as tsc wrote them.
import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const core = join(dirname(dirname(fileURLToPath(import.meta.url))), "packages", "core");
const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(core, "package.json"), "utf8"));
const dist = join(core, "dist");
const bundle = join(core, "bundle");
/** What package.json exports, and what is started by its address. */
const ENTRIES = [
  "index",
  "adapter",
  "opentelemetry",
  "engine/worker",
  "engine/process-entry",
  "engine/device-trial-entry",
];

rmSync(bundle, { recursive: true, force: true });
const build = await rolldown({
  input: ENTRIES.map((entry) => join(dist, `${entry}.js`)),
  platform: "node",
  external: [/^node:/, ...Object.keys({ ...dependencies, ...peerDependencies })],
});
// In one folder, for modules find the files that they start beside themselves.
const { output } = await build.write({
  dir: bundle,
  format: "esm",
  entryFileNames: "[name].js",
  chunkFileNames: "[name]-[hash].js",
});
await build.close();
console.log(`bundle: ${output.map(({ fileName }) => fileName).join(", ")}`);
