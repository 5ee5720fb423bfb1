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

/** A folder's rules. */
export interface Rules {
  /** By them and those of the folders above. */
  readonly ignored: Ignored;
  /** Its own, as they are written; `""` if it has none. */
  readonly text: string;
}

/** Adds a folder's `.gitignore` to the rules of those above it. `path` is the folder's, from the root: `""` or `docs/api/`. */
export async function withRulesOf(directory: string, path: string, above: Ignored): Promise<Rules> {
  const bytes = await readBytes(join(directory, ".gitignore"), "text").catch(() => undefined);
  if (bytes === undefined) return { ignored: above, text: "" };
  const { default: ignore } = await import("ignore");
  const text = bytes.toString();
  const own = ignore().add(text);
  return {
    ignored(inside) {
      if (!inside.startsWith(path)) return above(inside);
      const { ignored, unignored } = own.test(inside.slice(path.length));
      // The nearest rules win.
      return ignored || (!unignored && above(inside));
    },
    text,
  };
}
