import type { FileHandle } from "node:fs/promises";
import { type Answer, get, shown, unreachable } from "./http.js";
import { HttpFailure } from "./http-failure.js";
import type { Hub } from "./hub.js";
import type { ListedFile } from "./record.js";

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
