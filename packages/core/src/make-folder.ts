import { mkdir, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Creates a folder, and those above it that are missing. One that is there, or that a link leads to, is left as it is.
 *
 * Node's own `recursive` never ends where a folder cannot be made although the one above it is there, as below `/proc`.
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await makeOne(folder);
  } catch (error) {
    const above = dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || above === folder) throw error;
    await makeFolder(above);
    await makeOne(folder);
  }
}

async function makeOne(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    // Systems differ in what they say first of a folder that is there where nothing may be made.
    if (!(await isThere(folder))) throw error;
  }
}

async function isThere(folder: string): Promise<boolean> {
  try {
    return (await stat(folder)).isDirectory();
  } catch {
    return false;
  }
}

/** Throws if so many bytes cannot fit on the disk, before anything is written. */
export async function checkSpace(folder: string, needed: number): Promise<void> {
  const disk = await statfs(folder).catch(() => undefined);
  // One without a limit, as ramfs, and one that does not say how large it is have no blocks at all.
  if (disk === undefined || disk.blocks === 0) return;
  const free = disk.bavail * disk.bsize;
  if (free >= needed) return;
  const problem = `${needed} bytes needed, ${free} free`;
  throw Object.assign(new Error(problem), { code: "ENOSPC" });
}
