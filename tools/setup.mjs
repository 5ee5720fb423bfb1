// Sets the repository up with Node and npm alone: the pinned pnpm through npm, the locked dependencies, the build.
// Does nothing, and needs no network, where all of it is there already.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tools = join(root, ".tools");
const stamp = join(root, "node_modules", ".bge-js-setup");
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`bge-js needs Node 20.19 or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

const version = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).config.pnpm;
const locked = createHash("sha256")
  .update(version)
  .update(readFileSync(join(root, "pnpm-lock.yaml")))
  .update(readFileSync(join(root, "pnpm-workspace.yaml")))
  .digest("hex");

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== locked) {
  const pnpm = join(tools, "node_modules", "pnpm", "bin", "pnpm.mjs");
  if (installedVersion() !== version) {
    console.log(`setup: pnpm ${version} through npm`);
    mkdirSync(tools, { recursive: true });
    writeFileSync(join(tools, "package.json"), JSON.stringify({ private: true }));
    run(
      "npm",
      ["install", "--no-audit", "--no-fund", "--loglevel=error", "--ignore-scripts", "--save-exact", `pnpm@${version}`],
      tools,
    );
  }
  console.log("setup: dependencies, as locked");
  run(process.execPath, [pnpm, "install", "--frozen-lockfile", "--reporter=append-only", "--loglevel=warn"], root);
  writeFileSync(stamp, locked);
}
// The packages and the examples; the types of tests are a check of their own.
const packages = readdirSync(join(root, "packages")).map((name) => join("packages", name));
const built = ["examples", ...packages.filter((folder) => existsSync(join(root, folder, "tsconfig.json")))];
run(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-b", ...built], root);

function installedVersion() {
  const manifest = join(tools, "node_modules", "pnpm", "package.json");
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")).version : undefined;
}

function run(command, args, cwd) {
  // npm is a script on Windows, which only a shell finds.
  const shell = command === "npm" && process.platform === "win32";
  const { status, error } = spawnSync(command, args, { cwd, stdio: "inherit", shell });
  if (error !== undefined) console.error(`setup: ${command} cannot be run: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}
