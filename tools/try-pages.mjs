// npm run docs:try [-- PAGE...]: does what a newcomer does with each "start" page. In an empty folder it runs the page's own npm install,
// with tarballs of this repository in the place of packages that are not published yet, then the page's first program, and compares
// what it prints. Needs npm's registry. A page whose program needs a server gets its address from the environment (QDRANT_URL).
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), "bge-js-pages-"));
const asked = process.argv.slice(2);
/** Pages that are tried when they are named alone: one without a program, one that needs Node 22, one that needs a server. */
const LEFT_OUT = [
  "command-line",
  ...(Number(process.versions.node.split(".")[0]) < 22 ? ["mastra"] : []),
  ...(process.env.QDRANT_URL === undefined ? ["qdrant"] : []),
];
const pages = readdirSync(join(root, "docs", "start"))
  .map((name) => name.replace(/\.md$/, ""))
  .filter((name) => (asked.length === 0 ? !LEFT_OUT.includes(name) : asked.includes(name)));
let failed = 0;

try {
  const tarballs = pack();
  for (const page of pages) {
    const problem = tryPage(page, tarballs);
    if (problem !== undefined) failed++;
    console.log(`${page}: ${problem ?? "prints what it shows"}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failed === 0 ? 0 : 1;

/** @returns tarballs by package name */
function pack() {
  const pnpm = join(root, ".tools", "node_modules", "pnpm", "bin", "pnpm.mjs");
  const packed = readdirSync(join(root, "packages")).map((name) => {
    const directory = join(root, "packages", name);
    const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
    run(process.execPath, [pnpm, "pack", "--pack-destination", folder], directory);
    return [manifest.name, join(folder, `${manifest.name.replace("@", "").replace("/", "-")}-${manifest.version}.tgz`)];
  });
  return Object.fromEntries(packed);
}

/** @returns what is wrong, if anything is */
function tryPage(page, tarballs) {
  const text = readFileSync(join(root, "docs", "start", `${page}.md`), "utf8");
  const [, packages] = /^npm install (.+)$/m.exec(text) ?? [];
  const [, program] = /```js\n(.*?)```/s.exec(text) ?? [];
  const [, output] = /```text\n(.*?)```/s.exec(text.slice(text.indexOf(program))) ?? [];
  const project = join(folder, page);
  mkdirSync(project);
  // Our own come from tarballs, also where one asks for another; those of others are what the page asks for.
  const own = packages.split(" ").filter((name) => tarballs[name] !== undefined);
  const others = packages.split(" ").filter((name) => tarballs[name] === undefined);
  const dependencies = Object.fromEntries(own.map((name) => [name, `file:${tarballs[name]}`]));
  const overrides = Object.fromEntries(
    Object.entries(tarballs).map(([name, tarball]) => [name, own.includes(name) ? `$${name}` : `file:${tarball}`]),
  );
  writeFileSync(join(project, "package.json"), JSON.stringify({ private: true, dependencies, overrides }));
  run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", ...others], project);
  writeFileSync(join(project, "search.mjs"), program);
  const env = { ...process.env, MASTRA_TELEMETRY_DISABLED: "1" };
  const { stdout, stderr, status } = spawnSync(process.execPath, ["search.mjs"], {
    cwd: project,
    env,
    encoding: "utf8",
  });
  return status === 0 && stdout === output ? undefined : `exit code ${status}, printed ${stdout}${stderr}`;
}

function run(command, args, cwd) {
  const shell = command === "npm" && process.platform === "win32";
  const { status, stderr } = spawnSync(command, args, { cwd, encoding: "utf8", shell });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} failed in ${cwd}: ${stderr}`);
}
