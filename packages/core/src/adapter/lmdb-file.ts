import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/*
 * LMDB maps its file without checking it: one that is another program's, or shorter than it says, would end the process.
 * Both of the first two pages say, little-endian:
 *   24  0xBEEFC0DE (uint32)
 *   48  bytes of a page (uint32)
 *  144  the last page, and the transaction that wrote this (uint64 each)
 */
const HEADER = 160;
const MAGIC = 0xbeefc0de;
/** Pages that a commit may count without writing them; they are never read. */
const MOST_UNWRITTEN = 64;

/** The names that LMDB gives to its files in a folder. */
export const LMDB_DATA = "data.mdb";
export const LMDB_LOCKS = "lock.mdb";

/** What is to be known of a file before LMDB opens it. */
export interface LmdbFile {
  /** What is wrong with it; undefined if it is one of LMDB's and whole, or is missing or unfinished. */
  readonly problem: string | undefined;
  readonly bytes: number;
  /** Bytes that LMDB counts at its end and has not written: a few pages whose content is never read. */
  readonly unwritten: number;
  /** True if nothing was ever in it: a process was killed, or the disk was full, before its first pages were written. */
  readonly isUnfinished: boolean;
}

const WHOLE = { problem: undefined, unwritten: 0, isUnfinished: false } as const;

/** @throws what the system says of a file that cannot be read */
export function inspectLmdb(file: string): LmdbFile {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return { ...WHOLE, bytes: 0 };
  }
  try {
    const bytes = fstatSync(descriptor).size;
    const first = readPage(descriptor, 0);
    // Both first pages are written at once, and no later commit makes the file shorter.
    if (bytes === 0 || (first?.transaction === 0n && bytes < 2 * first.pageBytes)) {
      return { ...WHOLE, bytes, isUnfinished: true };
    }
    const second = first && readPage(descriptor, first.pageBytes);
    if (first === undefined || second === undefined) {
      return { ...WHOLE, bytes, problem: "it is not a file of LMDB, or its first pages are damaged" };
    }
    const { last, pageBytes } = first.transaction > second.transaction ? first : second;
    const missing = Math.max(0, (last + 1) * pageBytes - bytes);
    const problem = missing > MOST_UNWRITTEN * pageBytes ? `it lacks its last ${missing} bytes` : undefined;
    return { ...WHOLE, bytes, problem, unwritten: missing };
  } finally {
    closeSync(descriptor);
  }
}

function readPage(descriptor: number, at: number) {
  const bytes = Buffer.alloc(HEADER);
  const read = readSync(descriptor, bytes, 0, HEADER, at);
  if (read < HEADER || bytes.readUInt32LE(24) !== MAGIC) return undefined;
  const pageBytes = bytes.readUInt32LE(48);
  if (pageBytes < 512 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0) return undefined;
  return { pageBytes, last: Number(bytes.readBigUInt64LE(144)), transaction: bytes.readBigUInt64LE(152) };
}
