import { copyFile, link, open, readdir, readlink, rename, rm, stat, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { wallClock } from "../clock.js";
import { makeFolder } from "../make-folder.js";
import { isAlive, mark, ownerOf } from "./lock.js";

/** Suffix of every unfinished file. They are all in `blobs/`, where nothing mistakes them for a model file or a revision. */
export const PARTIAL = ".bge-js.incomplete";

/** Returns a new name for an unfinished file of this process. */
export function partialName(content: string): string {
  return `${content}.${mark()}${PARTIAL}`;
}

/** Writes a small file atomically, and durably against power loss. */
export async function writeWhole(repository: string, name: string, text: string): Promise<void> {
  const partial = await newPartial(repository);
  const handle = await open(partial, "wx");
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await moveInto(repository, partial, name);
}

/**
 * Links a blob into a snapshot with a relative symbolic link, or a hard link or copy where those are not possible (Windows without
 * the privilege, some network drives). An existing file of the right size is kept unless `replace` is set.
 */
export async function linkBlob(repository: string, content: string, name: string, replace: boolean): Promise<void> {
  const target = join(repository, name);
  const blob = join(repository, "blobs", content);
  const path = relative(dirname(target), blob);
  if ((await readlink(target).catch(() => undefined)) === path) return;
  const partial = await newPartial(repository);
  try {
    await symlink(path, partial);
  } catch {
    if (!replace && (await isSize(target, (await stat(blob)).size))) return;
    await link(blob, partial).catch(() => copyFile(blob, partial));
  }
  await moveInto(repository, partial, name);
}

/** True if the file exists and has this size. */
export async function isSize(file: string, size: number): Promise<boolean> {
  try {
    const found = await stat(file);
    return found.isFile() && found.size === size;
  } catch {
    return false;
  }
}

/** Renames a finished file to its final name, replacing any file there. */
export async function moveInto(repository: string, partial: string, name: string): Promise<void> {
  const target = join(repository, name);
  try {
    await makeFolder(dirname(target));
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  await syncFolder(dirname(target));
}

async function newPartial(repository: string): Promise<string> {
  await makeFolder(join(repository, "blobs"));
  return join(repository, "blobs", partialName("new"));
}

/** Syncs a folder, which makes a rename in it durable. Windows cannot, and need not. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/** Replaces the owner in the name of a partial file whose writer has released it. */
const RELEASED = "released";
/** A writer on another machine that has been silent for this long is gone: even a silent server is given up sooner. */
const ABANDONED_MS = 10 * 60_000;
/** Partial files older than this are removed. */
const EXPIRED_MS = 7 * 24 * 3_600_000;

/**
 * Returns a partial file for this content, owned by this process. If a process that ended or gave up left one, it is taken over by a
 * rename, which only one process can win. Files that a live process may be writing to are left alone.
 */
export async function claimPartial(blobs: string, content: string): Promise<string> {
  const own = join(blobs, partialName(content));
  for (const { name } of await freePartials(blobs, content)) {
    try {
      await rename(join(blobs, name), own);
      return own;
    } catch {
      // Another process was faster.
    }
  }
  return own;
}

/** Releases a partial file for the next attempt, in this process or another. */
export async function releasePartial(blobs: string, content: string, partial: string): Promise<void> {
  const owned = partial.slice(0, -PARTIAL.length);
  await rename(partial, `${join(blobs, content)}.${RELEASED}-${owned.slice(-8)}${PARTIAL}`).catch(() => {});
}

/** Removes leftovers of ended processes: partial files of finished blobs, unfinished links, and anything too old. */
export async function sweepPartials(blobs: string): Promise<void> {
  const finished = new Set(await readdir(blobs).catch(() => []));
  for (const { name, content, ageMs } of await freePartials(blobs)) {
    if (content === "new" || finished.has(content) || ageMs > EXPIRED_MS) await rm(join(blobs, name), { force: true });
  }
}

interface Free {
  readonly name: string;
  readonly content: string;
  readonly size: number;
  readonly ageMs: number;
}

/** Returns the partial files that no live process is writing to, longest first. */
async function freePartials(blobs: string, wanted?: string): Promise<Free[]> {
  const free: Free[] = [];
  for (const name of await readdir(blobs).catch(() => [])) {
    if (!name.endsWith(PARTIAL)) continue;
    const [content = "", mark = ""] = name.slice(0, -PARTIAL.length).split(".");
    if (wanted !== undefined && content !== wanted) continue;
    // A dangling link is one of ours too.
    const found = await stat(join(blobs, name)).catch(() => undefined);
    const ageMs = found === undefined ? 0 : wallClock() - found.mtimeMs;
    if (mark.startsWith(RELEASED) || isFree(mark, ageMs)) free.push({ name, content, size: found?.size ?? 0, ageMs });
  }
  return free.sort((a, b) => b.size - a.size);
}

function isFree(mark: string, ageMs: number): boolean {
  const owner = ownerOf(mark);
  if (owner === undefined || ageMs > EXPIRED_MS) return ageMs > EXPIRED_MS;
  return !(isAlive(owner) ?? ageMs <= ABANDONED_MS);
}
