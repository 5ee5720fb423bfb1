import { constants } from "node:fs";
import { open, realpath } from "node:fs/promises";
import { decode } from "../folder/decode.js";
import type { FolderIndex } from "../folder/folder-index.js";
import { LARGEST_BYTES } from "../folder/walk.js";

/** Some lines of a file. */
export interface FileLines {
  readonly path: string;
  /** First and last line, from 1. */
  readonly from: number;
  readonly to: number;
  /** Lines in the file. */
  readonly of: number;
  readonly text: string;
}

/** Characters in one answer: an agent reads on from where it ends. */
export const MOST_CHARACTERS = 60_000;

/** The request cannot be carried out, for a reason that its sender can understand. */
export class Refused extends Error {}

/** Reads lines of an indexed file: no other file can be read, whatever its path looks like or leads to. */
export async function readFileLines(index: FolderIndex, path: string, from: number, count: number): Promise<FileLines> {
  const file = index.fileOf(path);
  if (file === undefined) throw new Refused(`${path} is not among the indexed files; use a path as search gives it`);
  const text = await readIndexed(file, path);
  const lines = text.replace(/(\r\n|\n|\r)$/, "").split(/\r\n|\n|\r/);
  if (from > lines.length) throw new Refused(`${path} has ${lines.length} lines`);
  const taken: string[] = [];
  let characters = 0;
  for (const line of lines.slice(from - 1, from - 1 + count)) {
    characters += line.length + 1;
    if (characters > MOST_CHARACTERS && taken.length > 0) break;
    taken.push(line.slice(0, MOST_CHARACTERS));
  }
  return { path, from, to: from + taken.length - 1, of: lines.length, text: taken.join("\n") };
}

/** Since it was indexed, a file may have become a link, or something else. */
async function readIndexed(file: string, path: string): Promise<string> {
  try {
    if ((await realpath(file)) !== file) throw new Refused(`${path} leads elsewhere now`);
    await using handle = await open(
      file,
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    );
    const stats = await handle.stat();
    if (!stats.isFile() || stats.size > LARGEST_BYTES) throw new Refused(`${path} is no text of at most 4 MB now`);
    const decoded = decode(await handle.readFile());
    if ("problem" in decoded) throw new Refused(`${path} ${decoded.problem}`);
    return decoded.text;
  } catch (error) {
    if (error instanceof Refused) throw error;
    throw new Refused(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown"}`);
  }
}
