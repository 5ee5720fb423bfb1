import { join } from "node:path";
import { readBytes } from "./read-bytes.js";

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
  const bytes = await readBytes(join(directory, ".gitignore"), "text").catch(() => undefined);
  if (bytes === undefined) return above;
  const { default: ignore } = await import("ignore");
  const own = ignore().add(bytes.toString());
  return (inside) => {
    if (!inside.startsWith(path)) return above(inside);
    const { ignored, unignored } = own.test(inside.slice(path.length));
    // The nearest rules win.
    return ignored || (!unignored && above(inside));
  };
}
