import { copyFile, link, mkdir, open, readlink, rename, rm, stat, symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { mark } from "./owner.js";

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
