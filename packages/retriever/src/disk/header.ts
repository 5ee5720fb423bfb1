import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { corrupt } from "./failures.js";

/*
 * LMDB maps its file without checking it: one that is another program's, or shorter than it says, would end the process.
 * Both of the first two pages say, little-endian:
 *   24  0xBEEFC0DE, the version of the format (uint32 each)
 *   48  bytes of a page (uint32)
 *  144  the last page (uint64)
 *  152  the transaction that wrote this (uint64)
 */
const HEADER = 160;
const MAGIC = 0xbeefc0de;
/** Pages that a commit counts and does not write: their content is never read. */
const MOST_UNWRITTEN = 64;

/**
 * Checks that a file is one of LMDB's, and whole.
 *
 * @param repair lengthens a file that lacks only what was never written
 * @throws BgeError `STORE_CORRUPT`
 */
export async function checkHeader(directory: string, file: string, repair: boolean): Promise<void> {
  const handle = await open(file, repair ? "r+" : "r");
  try {
    const { size } = await handle.stat();
    const first = await readPage(handle, 0);
    if (first === undefined) throw corrupt(directory, "data.mdb is not a file of the store, or was never finished");
    const second = await readPage(handle, first.pageBytes);
    if (second === undefined) throw corrupt(directory, "the second page of data.mdb is damaged");
    const { last, pageBytes } = first.transaction > second.transaction ? first : second;
    const missing = (last + 1) * pageBytes - size;
    if (missing <= 0) return;
    if (missing > MOST_UNWRITTEN * pageBytes) throw corrupt(directory, `data.mdb lacks its last ${missing} bytes`);
    if (repair) await handle.truncate(size + missing);
  } finally {
    await handle.close();
  }
}

async function readPage(handle: FileHandle, at: number) {
  const bytes = Buffer.alloc(HEADER);
  const { bytesRead } = await handle.read(bytes, 0, HEADER, at);
  if (bytesRead < HEADER || bytes.readUInt32LE(24) !== MAGIC) return undefined;
  const pageBytes = bytes.readUInt32LE(48);
  if (pageBytes < 512 || pageBytes > 65_536 || (pageBytes & (pageBytes - 1)) !== 0) return undefined;
  return { pageBytes, last: Number(bytes.readBigUInt64LE(144)), transaction: bytes.readBigUInt64LE(152) };
}
