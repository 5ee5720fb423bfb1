import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** Whether a path inside a folder is ignored; folders end with `/`. */
export type Ignored = (path: string) => boolean;

/** Never documents, whatever a `.gitignore` says. */
const NEVER = new Set(["node_modules", "bower_components", "__pycache__"]);

/** True for names that are passed over: hidden ones, as all searching tools do, and what package managers install. */
export function isPassedOver(name: string): boolean {
  return name.startsWith(".") || NEVER.has(name);
}

/** Adds a folder's `.gitignore` to the rules of those above it. `path` is the folder's, from the root: `""` or `docs/api/`. */
export async function withRulesOf(directory: string, path: string, above: Ignored): Promise<Ignored> {
  const rules = await readFile(join(directory, ".gitignore"), "utf8").catch(() => undefined);
  if (rules === undefined) return above;
  const { default: ignore } = await import("ignore");
  const own = ignore().add(rules);
  return (inside) => {
    if (!inside.startsWith(path)) return above(inside);
    const { ignored, unignored } = own.test(inside.slice(path.length));
    // The nearest rules win.
    return ignored || (!unignored && above(inside));
  };
}
