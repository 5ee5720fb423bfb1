import { accessSync, constants, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../api/errors.js";
import { hubCacheDirectory } from "./environment.js";
import { isCommit, isRevision, repositoryName } from "./names.js";

/** Returns a model's folder in the cache, which may not exist. */
export function repositoryOf(id: string): string {
  return join(hubCacheDirectory(), repositoryName(id));
}

/** Returns the commit a revision names in the cache, without a request. */
export function cachedCommit(repository: string, revision: string): string | undefined {
  if (isCommit(revision)) return revision;
  if (!isRevision(revision)) return undefined;
  try {
    const commit = readFileSync(join(repository, "refs", ...revision.split("/")), "utf8").trim();
    // Checked, because it becomes part of a path.
    return /^[0-9a-f]{1,64}$/.test(commit) ? commit : undefined;
  } catch {
    return undefined;
  }
}

/** Returns why a file or folder cannot be read, or `undefined` if it can, or is just missing. */
export function whyUnreadable(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") return messageOf(error);
  }
  return undefined;
}

/** Returns the folder of a model's files at a commit. */
export function snapshotOf(repository: string, commit: string): string {
  return join(repository, "snapshots", commit);
}

/** Lists the paths of all files under a folder, with `/`. Links count as files and are not followed. */
export async function pathsUnder(folder: string, prefix = ""): Promise<string[]> {
  const entries = await readdir(join(folder, prefix), { withFileTypes: true }).catch(() => []);
  const nested = entries.map((entry) => {
    const path = `${prefix}${entry.name}`;
    return entry.isDirectory() ? pathsUnder(folder, `${path}/`) : [path];
  });
  return (await Promise.all(nested)).flat().sort();
}
