import { stat } from "node:fs/promises";
import { loadEmbedder } from "@bge-js/core";
import { clearTimeout, setTimeout } from "@bge-js/core/adapter";
import type { FSWatcher } from "chokidar";
import type { Context } from "../context.js";
import { type FolderIndex, type IndexFlags, openFolderIndex, type UpdateReport } from "../folder/folder-index.js";
import type { Root } from "../folder/walk.js";
import { embedderOptions } from "../model-flags.js";
import { watchFolder } from "./watch-folder.js";

/** An index that follows its files. */
export interface LiveIndex extends AsyncDisposable {
  /** Resolves to the index once it has read the files as they are now. Rejects if it cannot be opened. */
  current(): Promise<FolderIndex>;
}

/** Editors and git change many files at once. */
const PAUSE_MS = 300;

/**
 * Opens the index of the folders, and reads files again as they change. Where they cannot be watched, they are looked
 * through before each search instead.
 */
export function followFiles(
  roots: readonly Root[],
  flags: IndexFlags,
  context: Context,
  report: (updated: UpdateReport) => void,
): LiveIndex {
  const ending = new AbortController();
  const signal = AbortSignal.any([context.signal, ending.signal]);
  const opening = openFolderIndex(roots, flags, loadEmbedder(flags.model, embedderOptions(flags, { signal })), {
    signal,
    note: context.note,
  });
  let changed = true;
  let watching = true;
  let updating: Promise<FolderIndex> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const watchers: FSWatcher[] = [];
  /**
   * What is watched: the folders, as a build may remove its folder and make it anew, which the watcher of the old one does not see, and
   * the rules, as what `.gitignore` names is not watched: build folders have many files, which change all the time.
   */
  let seen = "";
  let isGone = false;

  async function update(): Promise<FolderIndex> {
    const index = await opening;
    // Another process may have read something, or be gone.
    if (index.followsAnother) changed = true;
    while (changed) {
      // What changes from here on is read in the next round.
      changed = false;
      try {
        report(await index.update());
        const folders = await Promise.all(roots.map(identityOf));
        isGone = folders.includes(undefined);
        // The rules that were read: they may have changed since, and do so in the next round.
        const now = [...folders, index.rulesText()].join();
        if (now !== seen) {
          await watchAgain(index);
          seen = now;
        }
      } catch (error) {
        changed = true;
        throw error;
      }
    }
    return index;
  }

  function current(): Promise<FolderIndex> {
    if (!watching || isGone) changed = true;
    updating ??= update().finally(() => {
      updating = undefined;
    });
    return updating;
  }

  function onChange(): void {
    changed = true;
    if (timer !== undefined) clearTimeout(timer);
    // A failure is told to whoever searches next.
    timer = setTimeout(() => void current().catch(() => {}), PAUSE_MS);
  }

  async function watchAgain(index: FolderIndex): Promise<void> {
    await Promise.all(watchers.splice(0).map((watcher) => watcher.close()));
    for (const { directory } of signal.aborted ? [] : roots) {
      watchers.push(
        watchFolder(directory, index, {
          onChange,
          // What changed before the watcher saw the folder came without a word.
          onReady() {
            changed = true;
          },
          onFailure(reason) {
            const instead = "files are looked through before each search instead";
            if (watching) context.note(`bge: cannot watch ${directory} (${reason}); ${instead}`);
            watching = false;
          },
        }),
      );
    }
  }

  return {
    current,
    async [Symbol.asyncDispose]() {
      ending.abort();
      if (timer !== undefined) clearTimeout(timer);
      await Promise.all(watchers.map((watcher) => watcher.close()));
      await updating?.catch(() => {});
      await opening.then(
        (index) => index[Symbol.asyncDispose](),
        () => {},
      );
    },
  };
}

/** Tells a folder from another in its place; `undefined` if there is none. */
async function identityOf({ directory }: Root): Promise<string | undefined> {
  try {
    const { dev, ino, birthtimeMs } = await stat(directory);
    return [dev, ino, birthtimeMs].join("-");
  } catch {
    return undefined;
  }
}
