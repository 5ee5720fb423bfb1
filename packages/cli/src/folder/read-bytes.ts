import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { type Kind, largestMegabytes } from "./kinds.js";

/** A file that is not read, with the reason, as what follows its name. */
export class NotRead extends Error {}

/**
 * Reads a file whole. Since it was found it may have become something else: a link, which is not followed, a pipe, which
 * would never end, or too large.
 * @throws NotRead, or an error of the system
 */
export async function readBytes(file: string, kind: Kind): Promise<Buffer> {
  const most = largestMegabytes(kind);
  // Not `await using`: Yarn's Plug'n'Play has handles of its own, which are not disposable.
  const handle = await open(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new NotRead("is no file");
    if (stats.size > most * 2 ** 20) throw new NotRead(`is over ${most} MB`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}
