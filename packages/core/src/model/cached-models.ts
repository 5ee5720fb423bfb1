import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { BgeError, messageOf } from "../api/errors.js";
import type { Dtype } from "../api/model.js";
import { pathsUnder, snapshotOf } from "./cache.js";
import { hubCacheDirectory } from "./environment.js";
import { idOfRepository } from "./names.js";
import { precisionsOf } from "./needed.js";

/** A cached model's files at one commit. */
export interface CachedRevision {
  readonly commit: string;
  /** Branches and tags that named it when it was downloaded; none for a pinned or outdated commit. */
  readonly refs: readonly string[];
  readonly directory: string;
  /** Files on disk, as paths in the folder. */
  readonly files: readonly string[];
  /** Total size of these files. Revisions share identical files. */
  readonly bytes: number;
  /** Precisions whose graph is on disk. */
  readonly dtypes: readonly Dtype[];
}

/** A model in the Hugging Face cache, downloaded by any program. */
export interface CachedModel {
  readonly id: string;
  readonly directory: string;
  /** Size on disk, including unfinished downloads. */
  readonly bytes: number;
  readonly revisions: readonly CachedRevision[];
}

/**
 * Lists all models in the Hugging Face cache, including those downloaded by Python, ordered by id; `[]` if there is no cache.
 *
 * @throws BgeError `INVALID_OPTION` if the cache cannot be read, or the user has no home folder for one
 */
export async function cachedModels(): Promise<CachedModel[]> {
  const cache = hubCacheDirectory();
  const models: CachedModel[] = [];
  for (const name of (await namesIn(cache)).sort()) {
    const id = idOfRepository(name);
    if (id === undefined) continue;
    const directory = join(cache, name);
    models.push({ id, directory, bytes: await bytesOnDisk(directory), revisions: await revisionsOf(directory) });
  }
  return models;
}

async function namesIn(cache: string): Promise<string[]> {
  try {
    return await readdir(cache);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return [];
    const problem = `The cache ${cache} cannot be read: ${messageOf(cause)}.`;
    const advice = "Set HF_HUB_CACHE or HF_HOME to a readable folder.";
    throw new BgeError("INVALID_OPTION", `${problem} ${advice}`, { parameter: "HF_HUB_CACHE", cause });
  }
}

async function revisionsOf(repository: string): Promise<CachedRevision[]> {
  const refs = await namesByCommit(repository);
  const commits = (await readdir(join(repository, "snapshots")).catch(() => [])).sort();
  return Promise.all(
    commits.map(async (commit) => {
      const directory = snapshotOf(repository, commit);
      const sized = (await pathsUnder(directory)).map(async (path) => ({ path, bytes: await size(directory, path) }));
      // A dangling link is not a file.
      const there = (await Promise.all(sized)).filter(({ bytes }) => bytes !== undefined);
      const files = there.map(({ path }) => path);
      const bytes = there.reduce((sum, file) => sum + file.bytes!, 0);
      return { commit, refs: refs.get(commit) ?? [], directory, files, bytes, dtypes: precisionsOf(files) };
    }),
  );
}

async function namesByCommit(repository: string): Promise<Map<string, string[]>> {
  const names = new Map<string, string[]>();
  for (const name of await pathsUnder(join(repository, "refs"))) {
    const commit = (await readFile(join(repository, "refs", name), "utf8").catch(() => "")).trim();
    names.set(commit, [...(names.get(commit) ?? []), name]);
  }
  return names;
}

async function bytesOnDisk(repository: string): Promise<number> {
  let bytes = 0;
  const seen = new Set<string>();
  for (const path of await pathsUnder(repository)) {
    const found = await stat(join(repository, path)).catch(() => undefined);
    // Count each file once, even if it has several names.
    if (found === undefined || seen.has(`${found.dev} ${found.ino}`)) continue;
    seen.add(`${found.dev} ${found.ino}`);
    bytes += found.size;
  }
  return bytes;
}

async function size(directory: string, path: string): Promise<number | undefined> {
  return (await stat(join(directory, path)).catch(() => undefined))?.size;
}
