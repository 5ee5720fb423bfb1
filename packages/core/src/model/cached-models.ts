import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { BgeError, messageOf } from "../api/errors.js";
import type { Dtype } from "../api/model.js";
import { pathsUnder, snapshotOf } from "./cache.js";
import { hubCacheDirectory } from "./environment.js";
import { idOfRepository } from "./names.js";
import { precisionsOf } from "./needed.js";

/** The files of a cached model at one commit. */
export interface CachedRevision {
  readonly commit: string;
  /** The branches and tags that name it, as they were when it was downloaded; none for a pinned commit or an old one. */
  readonly refs: readonly string[];
  readonly directory: string;
  /** Files that are here, as paths in the folder. */
  readonly files: readonly string[];
  /** Size of these files; revisions share what is equal in them. */
  readonly bytes: number;
  /** Precisions whose graph is here. */
  readonly dtypes: readonly Dtype[];
}

/** A model in the Hugging Face cache, whoever downloaded it. */
export interface CachedModel {
  readonly id: string;
  readonly directory: string;
  /** What it takes on the disk, unfinished downloads included. */
  readonly bytes: number;
  readonly revisions: readonly CachedRevision[];
}

/**
 * All models in the Hugging Face cache, those of Python too, in the order of their ids. No cache: `[]`.
 * @throws BgeError `INVALID_OPTION` for a cache that cannot be read, or where the user has no home for one
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
    const advice = "Let HF_HUB_CACHE or HF_HOME name a folder that can.";
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
      // A link whose blob is gone is no file.
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
    // A file counts once, under whichever of its names.
    if (found === undefined || seen.has(`${found.dev} ${found.ino}`)) continue;
    seen.add(`${found.dev} ${found.ino}`);
    bytes += found.size;
  }
  return bytes;
}

async function size(directory: string, path: string): Promise<number | undefined> {
  return (await stat(join(directory, path)).catch(() => undefined))?.size;
}
