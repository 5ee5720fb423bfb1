import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { notKept } from "./index-place.js";
import type { Tried } from "./late.js";

/** Where a passage stands: its id in the index, its first and last line, and the lines of its lines if some are between. */
export type Placed = readonly [id: string, line: number, lastLine: number, lines?: readonly number[]];

/** A file as it was when it was read. */
export interface KnownFile {
  readonly size: number;
  readonly mtimeMs: number;
  /** SHA-256 of its bytes. */
  readonly hash: string;
  readonly passages: readonly Placed[];
  /** Of a PDF: the line on which each page begins, from 1, and the line behind the last. */
  readonly pages?: readonly number[];
  /** Why nothing of it can be read, as what follows its name. */
  readonly problem?: string;
  /** When it was tried, if the problem is the time that it takes. */
  readonly tried?: Tried;
}

/** The files whose passages are in an index, by path. */
export interface Manifest {
  readonly files: ReadonlyMap<string, KnownFile>;
  /** When the files were looked at, in milliseconds since 1970. */
  readonly readAt: number;
}

/** Before anything was read. */
export const NO_FILES: Manifest = { files: new Map(), readAt: 0 };

/** Reads a manifest. One that is missing or damaged says nothing: every file is then read again. */
export async function readManifest(file: string | undefined): Promise<Manifest> {
  if (file === undefined) return NO_FILES;
  try {
    const { readAt, files } = JSON.parse(await readFile(file, "utf8")) as {
      readAt: number;
      files: Record<string, KnownFile>;
    };
    return { readAt, files: new Map(Object.entries(files)) };
  } catch {
    return NO_FILES;
  }
}

/** Writes the manifest whole, or not at all. If its folder was removed with what it is about, there is nothing to keep. */
export async function writeManifest(file: string | undefined, { files, readAt }: Manifest): Promise<void> {
  if (file === undefined) return;
  // Always the same name: of one that was killed nothing is left behind.
  const partial = `${file}.partial`;
  try {
    await writeFile(partial, JSON.stringify({ readAt, files: Object.fromEntries(files) }));
    await rename(partial, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    await rm(partial, { force: true });
    throw notKept(dirname(file), error);
  }
}
