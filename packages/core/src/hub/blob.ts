import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { checkSpace, makeFolder } from "../make-folder.js";
import { claimPartial, isSize, moveInto, releasePartial } from "./files.js";
import { type Answer, get, shown, unreachable } from "./http.js";
import { HttpFailure } from "./http-failure.js";
import type { Hub } from "./hub.js";
import type { ListedFile } from "./record.js";
import { contentId } from "./record.js";
import { withRetries } from "./retry.js";

/** How often a file may arrive complete but with the wrong content. */
const WRONG_CONTENTS = 3;

/**
 * Downloads one file to `blobs/`, resuming an earlier attempt. It gets its final name only after its size and hash are verified and
 * it is synced to disk. `onBytes` reports how many bytes are on disk, which may decrease.
 */
export async function downloadBlob(
  hub: Hub,
  repository: string,
  file: RemoteFile,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const blobs = join(repository, "blobs");
  await makeFolder(blobs);
  const partial = await claimPartial(blobs, file.content);
  const handle = await open(partial, "a+");
  try {
    await checkSpace(blobs, file.size - (await handle.stat()).size);
    await fillRightly(hub, file, handle, partial, onBytes);
    await handle.close();
    await moveInto(repository, partial, join("blobs", file.content));
  } catch (error) {
    await handle.close().catch(() => {});
    // Free the space on a full disk; an empty file is of no use.
    const useless = isDiskFull(error) || (await isSize(partial, 0));
    await (useless ? rm(partial, { force: true }) : releasePartial(blobs, file.content, partial));
    throw error;
  }
}

export function isDiskFull(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT";
}

/** Downloads the file until its content is right, or was wrong too often. */
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
    // Hash what is on disk, which includes bytes from earlier attempts.
    const found = await contentId(partial, file.size, file.content, hub.signal);
    if (found === file.content) return;
    // Any byte may be wrong, so start over.
    await handle.truncate(0);
    if (wrong === WRONG_CONTENTS) {
      const problem = `sent content with the hash ${found} ${wrong} times, but the listing says ${file.content}`;
      throw new HttpFailure(`${shown(file.url)} ${problem}`, { retriable: false });
    }
  }
}

/** Appends until the file is complete, resuming after dropped connections. */
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

/** A file to download: its address, and its size and hash from the listing. */
export interface RemoteFile extends ListedFile {
  readonly url: URL;
  readonly commit: string;
}

/** How much of a file is on disk, and the ETag it came with. */
export interface Progress {
  bytes: number;
  etag: string | undefined;
}

/** Requests the missing part of a file and appends it. @throws HttpFailure if the file is not complete afterwards */
export async function appendFrom(
  hub: Hub,
  file: RemoteFile,
  handle: FileHandle,
  progress: Progress,
  onBytes: (bytes: number) => void,
): Promise<void> {
  const { size, url } = file;
  if (progress.bytes === size) return;
  const answer = await request(hub, file, handle, progress);
  try {
    const start = startOf(answer, file, progress.bytes);
    if (start !== progress.bytes) await handle.truncate(start);
    progress.bytes = start;
    progress.etag = strongTag(answer.headers.etag);
    for await (const chunk of chunksOf(answer, url)) {
      if (progress.bytes + chunk.length > size)
        throw new HttpFailure(`${shown(url)} sent more than the listed ${size} bytes`);
      await handle.appendFile(chunk);
      progress.bytes += chunk.length;
      onBytes(progress.bytes);
    }
  } finally {
    answer.body.destroy();
  }
  if (progress.bytes < size) throw new HttpFailure(`${shown(url)} ended after ${progress.bytes} of ${size} bytes`);
}

async function request(hub: Hub, { url }: RemoteFile, handle: FileHandle, progress: Progress): Promise<Answer> {
  const { bytes, etag } = progress;
  const headers = {
    ...(bytes > 0 ? { range: `bytes=${bytes}-` } : {}),
    // If the file changed, the server starts over. Without an ETag, the hash will tell.
    ...(bytes > 0 && etag !== undefined ? { "if-range": etag } : {}),
  };
  try {
    return await get({ url, token: hub.token, headers, signal: hub.signal, silenceMs: hub.patience.silenceMs });
  } catch (error) {
    if (!(error instanceof HttpFailure) || error.status !== 416 || bytes === 0) throw error;
    // The server cannot resume from here.
    await handle.truncate(0);
    Object.assign(progress, { bytes: 0, etag: undefined });
    throw new HttpFailure(error.message, { cause: error });
  }
}

/** Checks the answer's headers against the listing, and returns the offset of its bytes. */
function startOf({ status, headers, first }: Answer, { url, size, commit }: RemoteFile, asked: number): number {
  const wrong = (problem: string) => new HttpFailure(`${shown(url)} ${problem}`);
  const from = first["x-repo-commit"];
  if (from !== undefined && from !== commit) throw wrong(`came from commit ${from}, not ${commit}`);
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") throw wrong(`came with the encoding ${encoding}, which was not requested`);
  if (status === 200) {
    const length = headers["content-length"];
    if (length !== undefined && Number(length) !== size)
      throw wrong(`has ${length} bytes, but its listing says ${size}`);
    return 0;
  }
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers["content-range"] ?? "") ?? [];
  if (Number(start) !== asked) throw wrong(`sent a different range than requested`);
  if (total !== "*" && Number(total) !== size) throw wrong(`has ${total} bytes, but its listing says ${size}`);
  return asked;
}

async function* chunksOf({ body }: Answer, url: URL): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const chunk of body) yield chunk as Buffer;
  } catch (cause) {
    throw unreachable(url, cause);
  }
}

function strongTag(tag: string | undefined): string | undefined {
  return tag?.startsWith('"') === true ? tag : undefined;
}
