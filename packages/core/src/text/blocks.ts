/** A stretch of a text, in UTF-16 units as in `slice`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A line, with the end of line behind it. */
export interface Line extends Range {
  /** Without the end of line. */
  readonly text: string;
}

/**
 * A part of a text that belongs together. `prose` is cut at items of a list, sentences, lines and words, if it has to be;
 * `code`, tables among it, at lines.
 */
export interface Block extends Range {
  readonly kind: "prose" | "code" | "heading";
  /** Of a heading: its level, from 1, and its words. */
  readonly heading?: { readonly level: number; readonly title: string };
}

/** The lines of a text. They end as editors say: with CR, LF or both. */
export function linesOf(text: string, { start, end }: Range = { start: 0, end: text.length }): Line[] {
  const lines: Line[] = [];
  let from = start;
  for (const { 0: mark, index } of text.slice(start, end).matchAll(/\r\n|\n|\r/g)) {
    const next = start + index + mark.length;
    lines.push({ start: from, end: next, text: text.slice(from, start + index) });
    from = next;
  }
  if (from < end) lines.push({ start: from, end, text: text.slice(from, end) });
  return lines;
}

export function isBlank(text: string): boolean {
  return text.trim() === "";
}

/** Paragraphs, each with the blank lines behind it. The first has those before it, too. */
export function paragraphs(text: string): Block[] {
  const blocks: Block[] = [];
  let start = 0;
  let [begun, ended] = [false, false];
  for (const line of linesOf(text)) {
    const blank = isBlank(line.text);
    if (ended && !blank) {
      blocks.push({ kind: "prose", start, end: line.start });
      start = line.start;
      ended = false;
    }
    begun ||= !blank;
    ended ||= begun && blank;
  }
  if (start < text.length) blocks.push({ kind: "prose", start, end: text.length });
  return blocks;
}
