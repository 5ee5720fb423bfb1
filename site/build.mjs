// npm run docs:build: sets this folder up where it is not, writes the API reference, builds the site, checks it, and makes its index.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
export const DIST = join(here, ".vitepress", "dist");
export const INDEX = join(here, ".vitepress", "index");

/** Whether the packages are there in the versions that package.json names. */
export function isInstalled() {
  const { dependencies } = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));
  return Object.entries(dependencies).every(([name, version]) => {
    const manifest = join(here, "node_modules", name, "package.json");
    return existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).version === version;
  });
}

/** Builds the site into `DIST`. Throws where a link is dead or something would be loaded from elsewhere. */
export async function buildSite() {
  const { writeApi } = await import("./api.mjs");
  const { build } = await import("vitepress");
  const { problemsOf } = await import("./check.mjs");
  await writeApi();
  await build(here);
  const problems = problemsOf(DIST);
  if (problems.length > 0) throw new Error(`The built site has ${problems.length} problems:\n${problems.join("\n")}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  run(process.execPath, [join(dirname(here), "tools", "setup.mjs")], dirname(here));
  // No install script runs.
  if (!isInstalled()) run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], here);
  await buildSite();
  const { writeIndex } = await import("./search/index.mjs");
  const { sections, added, replaced, removed } = await writeIndex(DIST, INDEX);
  console.log(`index: ${sections} sections, of which ${added + replaced} were embedded now, and ${removed} are gone`);
}

function run(command, args, cwd) {
  // npm is a script on Windows, which only a shell finds.
  const shell = command === "npm" && process.platform === "win32";
  const { status, error } = spawnSync(command, args, { cwd, stdio: "inherit", shell });
  if (error !== undefined) console.error(`${command} cannot be run: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}
