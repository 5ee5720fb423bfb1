import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "./files.js";

/** A file in a repository at one commit, as listed by the hub. */
export interface ListedFile {
  readonly size: number;
  /** The hash of its content, which names its blob in the cache. */
  readonly content: ContentId;
}

/** Every file in a repository at one commit, by path. Paths come from the hub unchecked: check them before use. */
export type Listing = ReadonlyMap<string, ListedFile>;

/** A file in huggingface_hub's record of a listing, `trees/COMMIT.json`. */
export interface Recorded {
  readonly size: number;
  readonly blob_id: string;
  readonly lfs_sha256?: string;
  readonly lfs_size?: number;
  readonly xet_hash?: string;
}

/** Reads the listing recorded by an earlier download, ours or huggingface_hub's. */
export async function recordedListing(repository: string, commit: string): Promise<Listing | undefined> {
  try {
    const { format_version, files } = JSON.parse(await readFile(join(repository, nameOf(commit)), "utf8"));
    return format_version === 1 ? fromRecords(files as Record<string, Recorded>) : undefined;
  } catch {
    return undefined;
  }
}

/** Converts recorded files to a listing. @throws an Error whose message is the path without a valid size or hash */
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

/** The hash of a file's content: SHA-256 for large files, git's blob id (SHA-1) for others. */
export type ContentId = string;

/** Hashes a file by the same kind of id as `like`: 64 hex digits are SHA-256, 40 a git blob id. */
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

/** True if the text is a blob name whose content can be checked. */
export function isContentId(text: string): boolean {
  return /^([0-9a-f]{64}|[0-9a-f]{40})$/.test(text);
}
