import { accessSync, constants, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "../api/errors.js";
import { hubCacheDirectory } from "./environment.js";
import { isCommit, isRevision, repositoryName } from "./names.js";

/** The folder of a model in the cache, whether it is there or not. */
export function repositoryOf(id: string): string {
  return join(hubCacheDirectory(), repositoryName(id));
}

/** The commit that a revision names in the cache, without asking anybody. */
export function cachedCommit(repository: string, revision: string): string | undefined {
  if (isCommit(revision)) return revision;
  if (!isRevision(revision)) return undefined;
  try {
    const commit = readFileSync(join(repository, "refs", ...revision.split("/")), "utf8").trim();
    // It becomes a path.
    return /^[0-9a-f]{1,64}$/.test(commit) ? commit : undefined;
  } catch {
    return undefined;
  }
}

/** Why a file or folder cannot be read, where it is not simply missing. */
export function whyUnreadable(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") return messageOf(error);
  }
  return undefined;
}

/** The folder of a model's files at a commit. */
export function snapshotOf(repository: string, commit: string): string {
  return join(repository, "snapshots", commit);
}

/** The paths of all files under a folder, with `/`; links count as files, and none is followed into another folder. */
export async function pathsUnder(folder: string, prefix = ""): Promise<string[]> {
  const entries = await readdir(join(folder, prefix), { withFileTypes: true }).catch(() => []);
  const nested = entries.map((entry) => {
    const path = `${prefix}${entry.name}`;
    return entry.isDirectory() ? pathsUnder(folder, `${path}/`) : [path];
  });
  return (await Promise.all(nested)).flat().sort();
}
