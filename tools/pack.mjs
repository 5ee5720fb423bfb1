import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const packages = join(dirname(fileURLToPath(import.meta.url)), "..", "packages");
const pnpm = join(packages, "..", ".tools", "node_modules", "pnpm", "bin", "pnpm.mjs");

/**
 * Packs `packages/<name>` as it would be published, and returns the tarball's path.
 *
 * @param {string} name
 * @param {string} destination a folder
 * @returns {string}
 */
export function pack(name, destination) {
  const cwd = join(packages, name);
  execFileSync(process.execPath, [pnpm, "pack", "--pack-destination", destination], { cwd, stdio: "pipe" });
  const { name: full, version } = JSON.parse(readFileSync(join(cwd, "package.json"), "utf8"));
  return join(destination, `${full.replace("@", "").replace("/", "-")}-${version}.tgz`);
}

/** Packs every package. */
export function packAll(destination) {
  for (const name of readdirSync(packages)) pack(name, destination);
}
