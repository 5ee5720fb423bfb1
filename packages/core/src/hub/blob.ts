import { type FileHandle, mkdir, open, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { appendFrom, type RemoteFile } from "./append.js";
import { isSize, moveInto } from "./files.js";
import { contentId } from "./hashes.js";
import { shown } from "./http.js";
import { HttpFailure } from "./http-failure.js";
import type { Hub } from "./hub.js";
import { claimPartial, releasePartial } from "./partials.js";
import { withRetries } from "./retry.js";

/** How often a file that arrived whole but wrong is asked for anew. */
const WRONG_CONTENTS = 3;

/**
 * Brings one file to `blobs/`, resumed where an earlier try got to. It has its final name only once its size and hash are
 * right and it is on the disk. `onBytes` tells how much of it is here, which can be less than before.
 */
export async function downloadBlob(
  hub: Hub,
  repository: string,
  file: RemoteFile,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const blobs = join(repository, "blobs");
  await mkdir(blobs, { recursive: true });
  const partial = await claimPartial(blobs, file.content);
  const handle = await open(partial, "a+");
  try {
    await checkSpace(blobs, file.size - (await handle.stat()).size);
    await fillRightly(hub, file, handle, partial, onBytes);
    await handle.close();
    await moveInto(repository, partial, join("blobs", file.content));
  } catch (error) {
    await handle.close().catch(() => {});
    // A full disk is everybody's; what is empty helps nobody.
    const useless = isDiskFull(error) || (await isSize(partial, 0));
    await (useless ? rm(partial, { force: true }) : releasePartial(blobs, file.content, partial));
    throw error;
  }
}

export function isDiskFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT";
}

/** Fills the file until its content is right, or was wrong too often. */
async function fillRightly(
  hub: Hub,
  file: RemoteFile,
  handle: FileHandle,
  partial: string,
  onBytes: (bytes: number) => void,
): Promise<void> {
  for (let wrong = 1; ; wrong++) {
    await fill(hub, file, handle, onBytes);
    await handle.sync();
    // Read back: what counts is what the disk has, also of an earlier try.
    const found = await contentId(partial, file.size, file.content, hub.signal);
    if (found === file.content) return;
    // No telling which byte is wrong: all of it again.
    await handle.truncate(0);
    if (wrong === WRONG_CONTENTS) {
      const problem = `sent ${wrong} times what hashes to ${found}, where the listing says ${file.content}`;
      throw new HttpFailure(`${shown(file.url)} ${problem}`, { retriable: false });
    }
  }
}

/** Appends until the file has its size; goes on where a connection was cut. */
async function fill(hub: Hub, file: RemoteFile, handle: FileHandle, onBytes: (bytes: number) => void): Promise<void> {
  const progress = { bytes: (await handle.stat()).size, etag: undefined as string | undefined };
  if (progress.bytes > file.size) {
    await handle.truncate(0);
    progress.bytes = 0;
  }
  onBytes(progress.bytes);
  let before = progress.bytes;
  const gained = () => {
    const more = progress.bytes > before;
    before = progress.bytes;
    return more;
  };
  await withRetries(() => appendFrom(hub, file, handle, progress, onBytes), hub.patience, hub.signal, gained);
}

/** Refuses before a gigabyte is written what cannot fit. */
async function checkSpace(folder: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder).catch(() => ({ bavail: Number.POSITIVE_INFINITY, bsize: 1 }));
  if (bavail * bsize >= needed) return;
  const problem = `${needed} bytes are needed, ${bavail * bsize} are free`;
  throw Object.assign(new Error(problem), { code: "ENOSPC" });
}
