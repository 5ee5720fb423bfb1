import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { expect } from "vitest";
import { gitOid, sha256 } from "./hub-double.js";

/** Every file under a folder, links included, by path. */
export function everyFile(folder: string, prefix = ""): string[] {
  if (!existsSync(join(folder, prefix))) return [];
  return readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? everyFile(folder, `${prefix}${entry.name}/`) : [`${prefix}${entry.name}`],
  );
}

/** Nothing in the cache may be wrong under a final name: blobs are what they are called, links lead to blobs, refs name commits. */
export function expectSound(cache: string): void {
  for (const path of everyFile(cache)) {
    const file = join(cache, path);
    const name = basename(path);
    if (path.includes("/blobs/") && !name.endsWith(".incomplete")) {
      const content = readFileSync(file);
      expect([sha256(content), gitOid(content)], path).toContain(name);
    } else if (path.includes("/snapshots/")) {
      expect(lstatSync(file).isSymbolicLink(), path).toBe(true);
      expect(existsSync(file), `${path} -> ${readlinkSync(file)}`).toBe(true);
    } else if (path.includes("/refs/")) {
      expect(readFileSync(file, "utf8"), path).toMatch(/^[0-9a-f]{40}$/);
    } else if (path.includes("/trees/")) {
      expect(JSON.parse(readFileSync(file, "utf8")), path).toMatchObject({ format_version: 1 });
    }
  }
}

/** What is left of unfinished work. */
export function leftovers(cache: string): string[] {
  return everyFile(cache).filter((path) => /incomplete$|\.stale$|bge-js\.lock/.test(path));
}
