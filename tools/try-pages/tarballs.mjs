import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pnpm = join(root, ".tools", "node_modules", "pnpm", "bin", "pnpm.mjs");

/** Packs every package as it would be published. */
export function packAll(destination) {
  for (const name of readdirSync(join(root, "packages"))) {
    const cwd = join(root, "packages", name);
    execFileSync(process.execPath, [pnpm, "pack", "--pack-destination", destination], { cwd, stdio: "pipe" });
  }
}
