import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "./files.js";

/** A file of a repository at one commit, as the hub lists it. */
export interface ListedFile {
  readonly size: number;
  /** What its content hashes to, and the name of its blob in the cache. */
  readonly content: ContentId;
}

/** Every file of a repository at one commit, by its path. Paths are as the hub gave them: check before use. */
export type Listing = ReadonlyMap<string, ListedFile>;

/** huggingface_hub's own record of a listing, in `trees/COMMIT.json`. */
export interface Recorded {
  readonly size: number;
  readonly blob_id: string;
  readonly lfs_sha256?: string;
  readonly lfs_size?: number;
  readonly xet_hash?: string;
}

/** The listing that a download left, by us or by huggingface_hub. */
export async function recordedListing(repository: string, commit: string): Promise<Listing | undefined> {
  try {
    const { format_version, files } = JSON.parse(await readFile(join(repository, nameOf(commit)), "utf8"));
    return format_version === 1 ? fromRecords(files as Record<string, Recorded>) : undefined;
  } catch {
    return undefined;
  }
}

/** @throws what names the path that has no size or no hash */
export function fromRecords(files: Readonly<Record<string, Recorded>>): Listing {
  return new Map(
    Object.entries(files).map(([path, { size, blob_id, lfs_sha256, lfs_size }]) => {
      const file = lfs_sha256 === undefined ? { size, content: blob_id } : { size: lfs_size!, content: lfs_sha256 };
      if (!Number.isSafeInteger(file.size) || file.size < 0 || !isContentId(file.content)) throw new Error(path);
      return [path, file];
    }),
  );
}

export async function recordListing(
  repository: string,
  commit: string,
  files: Readonly<Record<string, Recorded>>,
): Promise<void> {
  await writeWhole(repository, nameOf(commit), JSON.stringify({ format_version: 1, files }, null, 1));
}

function nameOf(commit: string): string {
  return join("trees", `${commit}.json`);
}

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
