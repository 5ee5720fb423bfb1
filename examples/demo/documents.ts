import { createHash } from "node:crypto";

/** One text of the index, and where it is from. */
export interface SourceText {
  /** A UUID made from the content: the same text of the same file has the same id in every run. */
  readonly id: string;
  readonly text: string;
  readonly title: string;
  /** `file:line`. */
  readonly source: string;
}

export function sourceText(text: string, title: string, file: string, line: number): SourceText {
  return { id: uuidOf(`${file}\0${title}\0${text}`), text, title, source: `${file}:${line}` };
}

/** The first of each id: a text that a file holds twice is indexed once. */
export function withoutRepeats(texts: Iterable<SourceText>): SourceText[] {
  const byId = new Map<string, SourceText>();
  for (const text of texts) if (!byId.has(text.id)) byId.set(text.id, text);
  return [...byId.values()];
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** A UUID of version 8 (RFC 9562: its bits are the application's own), from the SHA-256 of `content`. */
export function uuidOf(content: string): string {
  const hex = sha256(content);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
