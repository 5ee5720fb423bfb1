import { createHash } from "node:crypto";
import { BgeError } from "@bge-js/core";
import { turn, wallClock } from "@bge-js/core/adapter";
import type { Retriever } from "@bge-js/retriever";
import type { PdfReader } from "../pdf/reader.js";
import { isDue, triedAgain } from "./late.js";
import type { KnownFile, Manifest, Placed } from "./manifest.js";
import { type CountTokens, toPassages } from "./passages.js";
import { NotRead, readBytes } from "./read-bytes.js";
import { readDocument } from "./read-document.js";
import type { Aside, FoundFile } from "./walk.js";

/** The part of a retriever that an update needs. */
export type Index = Pick<Retriever<IndexedPassage>, "add" | "has" | "ids" | "remove">;

export interface UpdateOptions {
  readonly countTokens: CountTokens;
  readonly pdf: PdfReader;
  readonly aside: Aside;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { readonly files: number; readonly total: number }) => void;
}

export interface Updated {
  /** The same as before if nothing has changed. */
  readonly files: ReadonlyMap<string, KnownFile>;
  /** Passages. */
  readonly added: number;
  readonly removed: number;
}

/** True for a file that was changed, or may have been: within the clock's steps before it was last looked at, time tells nothing. */
export function mayHaveChanged({ size, mtimeMs }: FoundFile, known: KnownFile | undefined, readAt: number): boolean {
  return known === undefined || known.size !== size || known.mtimeMs !== mtimeMs || mtimeMs > readAt - CLOCK_STEP_MS;
}

/** True for a file that took too long, long enough ago. */
function isWorthATry(known: KnownFile | undefined): boolean {
  return known?.tried !== undefined && isDue(known.tried, wallClock());
}

/** Coarser than any file system in use. */
const CLOCK_STEP_MS = 2000;

/** Brings an index up to date with the files found: a passage that is known is not embedded again, one that is gone leaves. */
export async function update(
  index: Index,
  found: readonly FoundFile[],
  before: Manifest,
  options: UpdateOptions,
): Promise<Updated> {
  const { aside, signal, onProgress } = options;
  const files = new Map<string, KnownFile>();
  const changed = found.filter((file) => {
    const known = before.files.get(file.path);
    if (mayHaveChanged(file, known, before.readAt) || isWorthATry(known)) return true;
    files.set(file.path, known!);
    return false;
  });

  async function* newPassages() {
    for (const [done, file] of changed.entries()) {
      signal.throwIfAborted();
      const read = await readPassages(file, before.files.get(file.path), options);
      if (read === undefined) continue;
      files.set(file.path, read.known);
      for (const document of read.documents) if (!index.has(document.id)) yield document;
      onProgress({ files: done + 1, total: changed.length });
    }
  }
  const { added } = changed.length === 0 ? { added: 0 } : await addAll(index, newPassages(), signal, aside);
  for (const { path } of changed) {
    const file = files.get(path);
    const there = file?.passages.filter(([id]) => index.has(id));
    // With what failed, the file is tried again next time.
    if (there?.length !== file?.passages.length) files.set(path, { ...file!, hash: "", mtimeMs: 0, passages: there! });
  }
  for (const [path, { problem }] of files) if (problem !== undefined) aside.unreadable.push(`${path} ${problem}`);
  const isSame =
    files.size === before.files.size && [...files].every(([path, file]) => before.files.get(path) === file);
  if (isSame) return { files: before.files, added, removed: 0 };
  const wanted = new Set([...files.values()].flatMap(({ passages }) => passages.map(([id]) => id)));
  const gone: string[] = [];
  for await (const id of index.ids()) if (!wanted.has(id)) gone.push(id);
  const removed = gone.length === 0 ? 0 : await index.remove(gone);
  return { files, added, removed };
}

/** A passage as it is kept. */
export interface IndexedPassage {
  readonly id: string;
  /** What is searched: the lines below the headings. */
  readonly text: string;
  /** The headings; not there if there are none. */
  readonly title?: string;
}

async function addAll(
  index: Index,
  documents: AsyncIterable<IndexedPassage>,
  signal: AbortSignal,
  aside: Aside,
): Promise<{ readonly added: number }> {
  let stored = 0;
  const onProgress = (progress: { readonly added: number }) => {
    stored = progress.added;
  };
  try {
    return await index.add(documents, { signal, onProgress });
  } catch (error) {
    // All others have been added.
    if (!(error instanceof BgeError) || error.indices === undefined) throw error;
    aside.unreadable.push(error.message);
    return { added: stored };
  }
}

/** Reads a file, and divides it into passages unless its content is what it was. */
async function readPassages(
  { path, file, kind, size, mtimeMs }: FoundFile,
  before: KnownFile | undefined,
  { countTokens, pdf, aside, signal }: UpdateOptions,
): Promise<{ readonly known: KnownFile; readonly documents: readonly IndexedPassage[] } | undefined> {
  let bytes: Buffer;
  try {
    bytes = await readBytes(file, kind);
  } catch (error) {
    aside.unreadable.push(`${path}${error instanceof NotRead ? "" : ":"} ${(error as Error).message}`);
    return undefined;
  }
  const hash = createHash("sha256").update(bytes).digest("hex");
  if (before?.hash === hash && !isWorthATry(before)) return { known: { ...before, size, mtimeMs }, documents: [] };
  const read = await readDocument(kind, bytes, pdf, signal).catch((error: Error) => {
    signal.throwIfAborted();
    return { failed: error.message };
  });
  if ("failed" in read) {
    // It may be another time.
    aside.unreadable.push(`${path} cannot be read: ${read.failed}`);
    return undefined;
  }
  if ("binary" in read) {
    aside.otherTypes++;
    return undefined;
  }
  if ("problem" in read) {
    const { problem, isLate } = read;
    const known = { size, mtimeMs, hash, passages: [], problem };
    const tried = before?.hash === hash ? before.tried : undefined;
    return { known: isLate ? { ...known, tried: triedAgain(tried, wallClock()) } : known, documents: [] };
  }
  if (read.lacks !== undefined) aside.partly.push(`${path}: ${read.lacks}`);
  const documents: IndexedPassage[] = [];
  const passages: Placed[] = [];
  const seen = new Map<string, number>();
  for (const source of read.sources) {
    for (const { title, text: body, lines } of toPassages(source, countTokens)) {
      const text = title === "" ? body : `${title}\n\n${body}`;
      const digest = createHash("sha256").update(`${path}\0${text}`).digest("hex").slice(0, 24);
      const times = seen.get(digest) ?? 0;
      seen.set(digest, times + 1);
      const id = times === 0 ? digest : `${digest}-${times}`;
      documents.push({ id, text, ...(title !== "" && { title }) });
      passages.push(placed(id, lines));
    }
    // A book has thousands of pages, and requests to answer meanwhile.
    await turn();
    signal.throwIfAborted();
  }
  const { pages } = read;
  return { known: { size, mtimeMs, hash, passages, ...(pages && { pages }) }, documents };
}

function placed(id: string, lines: readonly number[]): Placed {
  const [first, last] = [lines[0]!, lines.at(-1)!];
  const consecutive = lines.every((line, index) => line === first + index);
  return consecutive ? [id, first, last] : [id, first, last, lines];
}
