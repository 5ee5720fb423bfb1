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

/** Returns what is wrong with a file that LMDB is to open; undefined if it is one of LMDB's and whole, or is missing or empty. */
export function lmdbProblem(file: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const { size } = fstatSync(descriptor);
    if (size === 0) return undefined;
    const first = readPage(descriptor, 0);
    const second = first && readPage(descriptor, first.pageBytes);
    if (first === undefined || second === undefined) return "it is not a file of LMDB, or its first pages are damaged";
    const { last, pageBytes } = first.transaction > second.transaction ? first : second;
    const missing = (last + 1) * pageBytes - size;
    return missing > MOST_UNWRITTEN * pageBytes ? `it lacks its last ${missing} bytes` : undefined;
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
