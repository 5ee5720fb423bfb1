import { isAbsolute, posix, relative, sep } from "node:path";
import type { Root } from "../folder/walk.js";

/**
 * Returns a path as the index has it, from one as an agent gives it: also with `./`, or absolute, as other tools of agents name files.
 * `""` is all folders. Whether there is such a file is for the index to say.
 */
export function toPath(given: string, roots: readonly Root[]): string {
  if (isAbsolute(given)) {
    for (const { name, directory } of roots) {
      const inside = relative(directory, given);
      if (inside !== ".." && !inside.startsWith(`..${sep}`) && !isAbsolute(inside))
        return plain([name, ...inside.split(sep)].join("/"));
    }
  }
  return plain(sep === "/" ? given : given.replaceAll(sep, "/"));
}

function plain(path: string): string {
  const normal = posix.normalize(path).replace(/^\/+|\/+$/g, "");
  return normal === "." ? "" : normal;
}

/** Tells an agent which paths can be used. */
export function usablePaths(roots: readonly Root[]): string {
  const [first, ...others] = roots;
  return others.length === 0
    ? `paths are relative to ${first!.directory}, as search gives them`
    : `paths begin with ${roots.map(({ name }) => `${name}/`).join(" or ")}, as search gives them`;
}
