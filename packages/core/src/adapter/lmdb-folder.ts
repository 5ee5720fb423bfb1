import { closeSync, constants, fstatSync, openSync, type Stats } from "node:fs";
import { access, stat } from "node:fs/promises";
import { join } from "node:path";
import { checkSpace } from "../make-folder.js";
import { LMDB_DATA, LMDB_LOCKS } from "./lmdb-file.js";

/** Room for a new data file and a new file of locks, which LMDB maps before its blocks are on the disk. A commit leaves as much free. */
const ROOM = 256 * 1024;
const PAGE = 4096;

/**
 * Checks what LMDB needs of a folder. Where it fails to open its files it may end the process, by what it frees twice; and where the
 * disk is full, by the file of locks, which it writes to in memory. So nothing is left for it to find out.
 *
 * The files are not opened here: to close the one of locks would free those that this process has on it.
 *
 * @param isNew whether LMDB has to write the first pages
 * @returns false for a reader who may not write to the file of locks: LMDB does without, and no writer sees what is being read
 * @throws what the system says: `EACCES`, `EROFS`, `EISDIR`, `ENOSPC`
 */
export async function checkLmdbFolder(folder: string, isNew: boolean, readOnly: boolean): Promise<boolean> {
  const data = join(folder, LMDB_DATA);
  const locks = join(folder, LMDB_LOCKS);
  const [hasData, lockStats] = [await statsOf(data), await statsOf(locks)];
  const isWritable = await mayWrite(lockStats === undefined ? folder : locks, readOnly);
  if (!readOnly) await mayWrite(hasData === undefined ? folder : data, false);
  // A file of which nothing is on the disk yet is as good as missing.
  const isFirst = isWritable && (lockStats === undefined || lockStats.size === 0 || lockStats.blocks === 0);
  if (isNew || isFirst) await checkSpace(folder, ROOM);
  return isWritable;
}

async function statsOf(file: string): Promise<Stats | undefined> {
  const stats = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (stats === undefined || stats.isFile()) return stats;
  throw Object.assign(new Error(`EISDIR: it is not a file, ${file}`), { code: "EISDIR" });
}

/** False for a reader without the permission: LMDB then reads without locks. */
async function mayWrite(path: string, readOnly: boolean): Promise<boolean> {
  try {
    await access(path, constants.R_OK | constants.W_OK);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (readOnly && (code === "EROFS" || code === "EACCES")) return false;
    throw error;
  }
}

/**
 * Checks that there is room for a commit. Where there is none, LMDB writes its message into a buffer that may be too short for it, and
 * the process ends by that.
 *
 * @param records how many are written, each of which may be on a page of its own
 * @param bytes of them
 * @throws `ENOSPC`
 */
export function checkCommitRoom(folder: string, records: number, bytes: number): Promise<void> {
  return checkSpace(folder, ROOM + records * PAGE + 2 * bytes);
}

/** LMDB's file, held open beside a writer, whose writes succeed even after the file was removed from its folder. */
export interface HeldFile {
  /** False once the file was removed or replaced: what is written from then on is lost. */
  isKept(): boolean;
  close(): void;
}

export function holdLmdbFile(folder: string): HeldFile {
  const descriptor = openSync(join(folder, LMDB_DATA), "r");
  return { isKept: () => fstatSync(descriptor).nlink > 0, close: () => closeSync(descriptor) };
}

/** What to add to what the system said: LMDB says `EIO`, by number, of a write that came out short. */
export function diskHint(cause: unknown): string {
  const { code } = cause as { readonly code?: unknown };
  return code === 5 || code === 28 || code === "ENOSPC" ? " (the disk may be full)" : "";
}

/** What the system said when LMDB could not write: a promise of its own has it, which rejects. */
export async function lmdbReason(error: unknown): Promise<unknown> {
  try {
    await (error as { readonly commitError?: Promise<never> }).commitError;
    return error;
  } catch (reason) {
    return reason;
  }
}
