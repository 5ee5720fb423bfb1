import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";

/** What a file's content must hash to: SHA-256 of large files, git's blob id (SHA-1) of the others. */
export type ContentId = string;

/** The hash of a file by the kind of id wanted: 64 hex digits are SHA-256, 40 a git blob id. */
export async function contentId(
  file: string,
  size: number,
  like: ContentId,
  signal?: AbortSignal | undefined,
): Promise<ContentId> {
  const hash = like.length === 64 ? createHash("sha256") : createHash("sha1").update(`blob ${size}\0`);
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    signal?.throwIfAborted();
    hash.update(chunk as Buffer);
  }
  return hash.digest("hex");
}

/** Is it the name of a blob whose content can be checked? */
export function isContentId(text: string): boolean {
  return /^([0-9a-f]{64}|[0-9a-f]{40})$/.test(text);
}
