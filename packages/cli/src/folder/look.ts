import { wallClock } from "@bge-js/core/adapter";
import { type Aside, type FolderRules, type FoundFile, nothingAside, type Root, walk } from "./walk.js";

/** What is in the folders. */
export interface Look {
  readonly found: readonly FoundFile[];
  /** Before they were looked at: what changes meanwhile is looked at again. */
  readonly readAt: number;
  readonly aside: Aside;
  /** Of each folder, by its absolute path. */
  readonly rules: ReadonlyMap<string, FolderRules>;
}

/** Looks through the folders. */
export async function look(roots: readonly Root[], signal: AbortSignal): Promise<Look> {
  const [readAt, aside, found] = [wallClock(), nothingAside(), [] as FoundFile[]];
  const rules = new Map<string, FolderRules>();
  for (const root of roots) {
    for await (const file of walk(root, aside, rules)) {
      signal.throwIfAborted();
      found.push(file);
    }
  }
  return { found, readAt, aside, rules };
}
