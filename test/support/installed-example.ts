import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
// @ts-expect-error: no types
import { pack } from "../../tools/pack.mjs";
import type { PackedProject } from "./packed.js";

/**
 * Whether examples with dependencies of their own are installed and run: it takes a network and minutes. Otherwise their tests
 * are skipped and counted.
 */
export const runsExamples = process.env["BGE_JS_EXAMPLES"] === "1";

/** Copies a folder of the repository, and installs what its package.json names by npm, with our packages as they would be published. */
export function installedExample(folder: string): PackedProject {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "bge-js-example-")));
  cpSync(fileURLToPath(new URL(`../../${folder}`, import.meta.url)), directory, { recursive: true });
  const tarballs = mkdtempSync(join(tmpdir(), "bge-js-tarballs-"));
  const file = join(directory, "package.json");
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  const ours = Object.keys(manifest.dependencies).filter((dependency) => dependency.startsWith("@bge-js/"));
  for (const dependency of ours) {
    manifest.dependencies[dependency] = `file:${pack(dependency.replace("@bge-js/", ""), tarballs)}`;
  }
  // Each tarball stands for the version that the others ask for.
  manifest.overrides = Object.fromEntries(ours.map((dependency) => [dependency, `$${dependency}`]));
  writeFileSync(file, JSON.stringify(manifest, undefined, 2));
  execFileSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: directory,
    stdio: "pipe",
  });
  return {
    directory,
    remove() {
      for (const folder of [directory, tarballs]) rmSync(folder, { recursive: true, force: true });
    },
  };
}
