// What is checked of where our code comes from, without a network: exact versions, no install scripts of ours, integrity of all that
// the lockfile names, actions pinned to commits, and a release that is published with provenance.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const read = (...path) => readFileSync(join(root, ...path), "utf8");
const problems = [];
const EXACT = /^((npm:[@\w/-]+@)?\d+\.\d+\.\d+(-[\w.]+)?|workspace:.*)$/;
/** What an example that is copied out of the repository asks of our own packages. */
const OURS_IN_EXAMPLES = /^examples\/.*: @bge-js\/[\w.-]+ latest$/;
// npm runs these on the machine of whoever installs a package.
const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall", "prepare", "preprepare", "postprepare"];

const manifests = [
  "package.json",
  "examples/package.json",
  "bench/package.json",
  "site/package.json",
  ...readdirSync(join(root, "examples"))
    .map((name) => `examples/${name}/package.json`)
    .filter((file) => existsSync(join(root, file))),
  ...readdirSync(join(root, "packages")).map((name) => `packages/${name}/package.json`),
];
for (const file of manifests) {
  const manifest = JSON.parse(read(file));
  for (const script of INSTALL_SCRIPTS)
    if (manifest.scripts?.[script] !== undefined) problems.push(`${file}: a script ${script}`);
  // Peers are ranges: their versions are the application's.
  for (const kind of ["dependencies", "devDependencies", "optionalDependencies"]) {
    for (const [name, version] of Object.entries(manifest[kind] ?? {})) {
      const dependency = `${file}: ${name} ${version}`;
      if (!EXACT.test(version) && !OURS_IN_EXAMPLES.test(dependency)) problems.push(`${dependency} is not exact`);
    }
  }
}

const lock = read("pnpm-lock.yaml");
const packages = lock.slice(lock.indexOf("\npackages:\n"), lock.indexOf("\nsnapshots:\n"));
let resolved = 0;
for (const [, name, resolution] of packages.matchAll(/^ {2}(\S+):\n {4}resolution: (.*)$/gm)) {
  resolved++;
  if (!/^\{integrity: sha512-[\w+/=]+\}$/.test(resolution)) problems.push(`pnpm-lock.yaml: ${name} has ${resolution}`);
}
if (resolved < 50) problems.push(`pnpm-lock.yaml: only ${resolved} packages were found in it`);

const workflows = readdirSync(join(root, ".github", "workflows"));
for (const name of workflows) {
  for (const [, action] of read(".github", "workflows", name).matchAll(/uses: (\S+)/g)) {
    if (!/@[0-9a-f]{40}$/.test(action)) problems.push(`${name}: ${action} is not pinned to a commit`);
  }
}
const release = read(".github", "workflows", "release.yml");
for (const needed of [/^ {2}id-token: write$/m, /^ {10}NPM_CONFIG_PROVENANCE: "true"$/m]) {
  if (!needed.test(release)) problems.push(`release.yml lacks ${needed.source}`);
}

for (const problem of problems) console.error(problem);
if (problems.length === 0) {
  console.log(
    `${manifests.length} manifests, ${resolved} locked packages, ${workflows.length} workflows: as they should be`,
  );
}
process.exitCode = problems.length === 0 ? 0 : 1;
