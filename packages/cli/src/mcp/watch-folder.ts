import { basename, dirname, normalize } from "node:path";
import { type FSWatcher, watch } from "chokidar";
import type { FolderIndex } from "../folder/folder-index.js";
import { isPassedOver } from "../folder/ignored.js";
import { kindOf } from "../folder/kinds.js";

/** Files with rules about what is read, which are hidden themselves. */
const RULES = ".gitignore";

export interface WatchEvents {
  /** Something that may be read, or is about what is read, was changed. */
  onChange(): void;
  /** All folders are watched. */
  onReady(): void;
  onFailure(reason: string): void;
}

/** Watches what the index may read in a folder and those below it. */
export function watchFolder(
  directory: string,
  index: Pick<FolderIndex, "isIgnored">,
  { onChange, onReady, onFailure }: WatchEvents,
): FSWatcher {
  const watcher = watch(directory, {
    ignored(path, stats) {
      const file = normalize(path);
      const name = basename(file);
      if (file === directory || name === RULES) return false;
      if (isPassedOver(name) || index.isIgnored(dirname(file), name, stats?.isDirectory() ?? false)) return true;
      return stats?.isFile() === true && kindOf(name) === undefined;
    },
    followSymlinks: false,
    ignoreInitial: true,
  });
  watcher.on("all", () => onChange());
  watcher.on("ready", onReady);
  watcher.on("error", (error) => onFailure((error as Error).message));
  return watcher;
}
