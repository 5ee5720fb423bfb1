import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/** What ONNX Runtime's package takes on disk, in bytes. */
export interface RuntimeSize {
  readonly total: number;
  /** Without its libraries for other systems, which may be deleted where space is short. */
  readonly needed: number;
}

/** Measures the package that has this package.json. */
export function readRuntimeSize(manifest: string): RuntimeSize {
  const folder = dirname(manifest);
  const libraries = join(folder, "bin");
  const total = bytesIn(folder);
  const own = namesIn(libraries).map((api) => bytesIn(join(libraries, api, process.platform, process.arch)));
  return { total, needed: total - bytesIn(libraries) + own.reduce((sum, bytes) => sum + bytes, 0) };
}

function bytesIn(folder: string): number {
  return namesIn(folder, true).reduce((sum, name) => {
    const found = statSync(join(folder, name), { throwIfNoEntry: false });
    return sum + (found?.isFile() ? found.size : 0);
  }, 0);
}

function namesIn(folder: string, recursive = false): string[] {
  try {
    return readdirSync(folder, { recursive, encoding: "utf8" });
  } catch {
    // Pruned, or for a system that ONNX Runtime has no library for.
    return [];
  }
}
