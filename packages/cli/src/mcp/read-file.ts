import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { basename } from "node:path";
import { decode } from "../folder/decode.js";
import type { FolderIndex, IndexedFile } from "../folder/folder-index.js";
import { kindOf } from "../folder/kinds.js";
import { pageAt } from "../folder/pages.js";
import { NotRead, readBytes } from "../folder/read-bytes.js";
import { UnreadablePdf } from "../pdf/reader.js";
import { usablePaths } from "./paths.js";

/** Some lines of a file. */
export interface FileLines {
  readonly path: string;
  /** First and last line, from 1. */
  readonly from: number;
  readonly to: number;
  /** Lines in the file. */
  readonly of: number;
  /** Of a PDF: the pages in the text, and the first line that is given of each. */
  readonly pages?: { readonly page: number; readonly line: number }[];
  readonly text: string;
  /** Characters that the line has beyond those given, if it is too long for an answer. */
  readonly cut?: number;
}

/** Which lines are wanted. */
export interface LinesWanted {
  /** The first line, from 1. */
  readonly from: number;
  /** Of a PDF: the page to begin with, instead of a line. */
  readonly page?: number | undefined;
  /** How many lines. */
  readonly lines: number;
}

/** Characters in one answer: an agent reads on from where it ends. */
export const MOST_CHARACTERS = 60_000;

/** The request cannot be carried out, for a reason that its sender can understand. */
export class Refused extends Error {}

/** Reads lines of an indexed file: no other file can be read, whatever its path looks like or leads to. */
export async function readFileLines(
  index: FolderIndex,
  path: string,
  wanted: LinesWanted,
  signal: AbortSignal,
): Promise<FileLines> {
  const known = index.fileOf(path);
  if (known === undefined) throw new Refused(`${path} is not among the indexed files; ${usablePaths(index.roots)}`);
  if (known.problem !== undefined) throw new Refused(`${path} ${known.problem}`);
  if (known.pages !== undefined) return readPdfLines(index, path, known, wanted, signal);
  if (wanted.page !== undefined) throw new Refused(`${path} has no pages; give from, a line`);
  const bytes = await readIndexed(known.file, path);
  const decoded = decode(bytes);
  if ("problem" in decoded) throw new Refused(`${path} ${decoded.problem}`);
  const all = decoded.text.replace(/(\r\n|\n|\r)$/, "").split(/\r\n|\n|\r/);
  if (wanted.from > all.length) throw new Refused(`${path} has ${all.length} lines`);
  return taken(path, all.slice(wanted.from - 1, wanted.from - 1 + wanted.lines), wanted.from, all.length);
}

/** Reads the pages alone on which the lines stand. Where they begin is known from the index. */
async function readPdfLines(
  { pdf }: FolderIndex,
  path: string,
  { file, hash, pages: begins = [] }: IndexedFile,
  { from, page, lines }: LinesWanted,
  signal: AbortSignal,
): Promise<FileLines> {
  const [count, of] = [begins.length - 1, begins.at(-1)! - 1];
  if (page !== undefined && from !== 1) throw new Refused("give page or from, not both");
  if (page !== undefined && page > count) throw new Refused(`${path} has ${count} pages`);
  if (page !== undefined && begins[page - 1] === begins[page]) throw new Refused(`page ${page} of ${path} has no text`);
  if (from > of) throw new Refused(`${path} has ${of} lines`);
  const first = page === undefined ? from : begins[page - 1]!;
  const range = { from: pageAt(first, begins), to: pageAt(Math.min(first + lines - 1, of), begins) };
  const asIndexed = async () => {
    const bytes = await readIndexed(file, path);
    if (createHash("sha256").update(bytes).digest("hex") === hash) return bytes;
    throw new Refused(`${path} has changed since it was indexed; try again`);
  };
  const read = await pdf.read(asIndexed, range, signal).catch((error: unknown) => {
    throw error instanceof UnreadablePdf ? new Refused(`${path} ${error.message}`) : error;
  });
  const skipped = first - begins[range.from - 1]!;
  const own = read.flatMap((one) => one.lines).slice(skipped, skipped + lines);
  const given = taken(path, own, first, of);
  const pages = read.flatMap((one, i) => {
    const line = Math.max(begins[range.from - 1 + i]!, first);
    return one.lines.length > 0 && line <= given.to ? [{ page: range.from + i, line }] : [];
  });
  return { ...given, pages };
}

/** As many of the lines as an answer has room for. */
function taken(path: string, lines: readonly string[], from: number, of: number): FileLines {
  const [first = ""] = lines;
  if (first.length > MOST_CHARACTERS) {
    const text = first.slice(0, MOST_CHARACTERS).toWellFormed();
    return { path, from, to: from, of, text, cut: first.length - MOST_CHARACTERS };
  }
  const own: string[] = [];
  let characters = 0;
  for (const line of lines) {
    characters += line.length + 1;
    if (characters > MOST_CHARACTERS + 1) break;
    own.push(line);
  }
  return { path, from, to: from + own.length - 1, of, text: own.join("\n") };
}

/** Since it was indexed, a folder above it may have become a link. */
async function readIndexed(file: string, path: string): Promise<Buffer> {
  try {
    if ((await realpath(file)) !== file) throw new Refused(`${path} leads elsewhere now`);
    return await readBytes(file, kindOf(basename(file)) ?? "text");
  } catch (error) {
    if (error instanceof Refused) throw error;
    if (error instanceof NotRead) throw new Refused(`${path} ${error.message} now`);
    throw new Refused(`${path} cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown"}`);
  }
}
