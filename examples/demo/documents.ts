import { createHash } from "node:crypto";

/** A text in the index, and where it comes from. */
export interface SourceText {
  /** A UUID derived from the content: the same text in the same file has the same id in every run. */
  readonly id: string;
  readonly text: string;
  readonly title: string;
  /** `file:line`. */
  readonly source: string;
}

export function sourceText(text: string, title: string, file: string, line: number): SourceText {
  return { id: uuidOf(`${file}\0${title}\0${text}`), text, title, source: `${file}:${line}` };
}

/** Returns the first text with each id: one that a file contains twice is indexed once. */
export function withoutRepeats(texts: Iterable<SourceText>): SourceText[] {
  const byId = new Map<string, SourceText>();
  for (const text of texts) if (!byId.has(text.id)) byId.set(text.id, text);
  return [...byId.values()];
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** Returns a UUID of version 8 (whose bits are up to the application, RFC 9562) from the SHA-256 of `content`. */
export function uuidOf(content: string): string {
  const hex = sha256(content);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
