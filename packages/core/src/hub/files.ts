import { copyFile, link, mkdir, open, readdir, readlink, rename, rm, stat, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { wallClock } from "../clock.js";
import { isAlive, mark, ownerOf } from "./lock.js";

/** The end of every name that is not final. All of them lie in `blobs/`, where nobody takes them for a file or a revision. */
export const PARTIAL = ".bge-js.incomplete";

/** A new name for an unfinished file of this process. */
export function partialName(content: string): string {
  return `${content}.${mark()}${PARTIAL}`;
}

/** Writes a small file so that it is seen whole or not at all, and stays after a power cut. */
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
 * Puts a blob into a snapshot: a relative link to it, or a copy where there are no links (Windows without the right, some
 * network drives). What is there already and has the right size stays, unless it is to be replaced.
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

/** Is there a file of this size? */
export async function isSize(file: string, size: number): Promise<boolean> {
  try {
    const found = await stat(file);
    return found.isFile() && found.size === size;
  } catch {
    return false;
  }
}

/** Renames a finished file to its final name, over what may be there. */
export async function moveInto(repository: string, partial: string, name: string): Promise<void> {
  const target = join(repository, name);
  try {
    await mkdir(dirname(target), { recursive: true });
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
  await syncFolder(dirname(target));
}

async function newPartial(repository: string): Promise<string> {
  await mkdir(join(repository, "blobs"), { recursive: true });
  return join(repository, "blobs", partialName("new"));
}

/** A rename outlives a power cut once its folder is on the disk. Windows cannot, and need not. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/** The owner's place in the name of a partial file that its writer has let go. */
const RELEASED = "released";
/** A writer of another machine that has not written for this long writes no more: a silent server is left sooner. */
const ABANDONED_MS = 10 * 60_000;
/** What nobody has come back for in this time goes. */
const EXPIRED_MS = 7 * 24 * 3_600_000;

/**
 * A partial file to write this content to, of this process alone. Taken over from a process that ended or gave up, if there is
 * one: a rename has one winner, and a file that a live process may be writing to is left alone.
 */
export async function claimPartial(blobs: string, content: string): Promise<string> {
  const own = join(blobs, partialName(content));
  for (const { name } of await freePartials(blobs, content)) {
    try {
      await rename(join(blobs, name), own);
      return own;
    } catch {
      // Another was faster.
    }
  }
  return own;
}

/** Leaves a partial file for whoever comes next, this process included. */
export async function releasePartial(blobs: string, content: string, partial: string): Promise<void> {
  const owned = partial.slice(0, -PARTIAL.length);
  await rename(partial, `${join(blobs, content)}.${RELEASED}-${owned.slice(-8)}${PARTIAL}`).catch(() => {});
}

/** Removes what ended processes have left: the partial files of a finished blob, unfinished links, and all that is old. */
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

/** The partial files that no live process writes to, the longest first. */
async function freePartials(blobs: string, wanted?: string): Promise<Free[]> {
  const free: Free[] = [];
  for (const name of await readdir(blobs).catch(() => [])) {
    if (!name.endsWith(PARTIAL)) continue;
    const [content = "", mark = ""] = name.slice(0, -PARTIAL.length).split(".");
    if (wanted !== undefined && content !== wanted) continue;
    // A link that points nowhere is one of ours too: look at it, not behind it.
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
