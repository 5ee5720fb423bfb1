import { type FileHandle, mkdir, open, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { claimPartial, isSize, moveInto, releasePartial } from "./files.js";
import { type Answer, get, shown, unreachable } from "./http.js";
import { HttpFailure } from "./http-failure.js";
import type { Hub } from "./hub.js";
import type { ListedFile } from "./record.js";
import { contentId } from "./record.js";
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

/** A file to download: where it is, and what its listing says of it. */
export interface RemoteFile extends ListedFile {
  readonly url: URL;
  readonly commit: string;
}

/** How much of a file is on the disk, and the tag of the server that it came from. */
export interface Progress {
  bytes: number;
  etag: string | undefined;
}

/** One request for what is missing of a file, appended as it comes. Throws an `HttpFailure` unless the file has its size then. */
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
      if (progress.bytes + chunk.length > size) throw new HttpFailure(`${shown(url)} sent more than ${size} bytes`);
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
    // The tag that came with these bytes: from another file the server starts anew. Without one the hash will tell.
    ...(bytes > 0 && etag !== undefined ? { "if-range": etag } : {}),
  };
  try {
    return await get({ url, token: hub.token, headers, signal: hub.signal, silenceMs: hub.patience.silenceMs });
  } catch (error) {
    if (!(error instanceof HttpFailure) || error.status !== 416 || bytes === 0) throw error;
    // What is here cannot be continued there.
    await handle.truncate(0);
    Object.assign(progress, { bytes: 0, etag: undefined });
    throw new HttpFailure(error.message, { cause: error });
  }
}

/** Where the answer's bytes belong, once its headers agree with the listing. */
function startOf({ status, headers, first }: Answer, { url, size, commit }: RemoteFile, asked: number): number {
  const wrong = (problem: string) => new HttpFailure(`${shown(url)} ${problem}`);
  const from = first["x-repo-commit"];
  if (from !== undefined && from !== commit) throw wrong(`is of commit ${from}, not of ${commit}`);
  const encoding = headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") throw wrong(`came as ${encoding}, which was not asked for`);
  if (status === 200) {
    const length = headers["content-length"];
    if (length !== undefined && Number(length) !== size) throw wrong(`has ${length} bytes; its listing says ${size}`);
    return 0;
  }
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers["content-range"] ?? "") ?? [];
  if (Number(start) !== asked) throw wrong(`sent another part than was asked for`);
  if (total !== "*" && Number(total) !== size) throw wrong(`has ${total} bytes; its listing says ${size}`);
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
