import { type Block, isBlank, type Line, linesOf } from "./blocks.js";

const FENCE = /^\s*(`{3,}(?=[^`]*$)|~{3,})/;
const ATX = /^ {0,3}(#{1,6})(?:[ \t]|$)/;
const UNDERLINE = /^ {0,3}(=+|-+)\s*$/;
/** A line that an underline makes a heading begins neither a quotation, a list nor a table. */
const UNDERLINED = /^ {0,3}[^\s>|*+-]/;
const DELIMITER = /^\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?$/;
/** A longer line is none, whatever it begins with. */
const LONGEST_HEADING = 1000;

/**
 * The blocks of a Markdown document: headings, with `#` or underlined; code in fences, tables and front matter, whole; everything else
 * by blank lines. Each has the blank lines behind it.
 */
export function markdownBlocks(text: string): Block[] {
  const lines = linesOf(text);
  const blocks: Block[] = [];
  let at = 0;
  /** Ends a block before line `to`, and takes the blank lines there. */
  const take = (to: number, kind: Block["kind"], heading?: Block["heading"]) => {
    let next = to;
    while (next < lines.length && isBlank(lines[next]!.text)) next++;
    // What is blank at the beginning belongs to the first block.
    const start = blocks.length === 0 ? 0 : lines[at]!.start;
    blocks.push({ kind, ...(heading && { heading }), start, end: lines[next - 1]!.end });
    at = next;
  };
  while (at < lines.length && isBlank(lines[at]!.text)) at++;
  const front = frontMatterEnd(lines);
  if (front !== undefined) take(front, "code");
  while (at < lines.length) {
    const found = headingAt(lines, at);
    const code = found === undefined ? (fenceEnd(lines, at) ?? tableEnd(lines, at)) : undefined;
    if (found !== undefined) take(found.end, "heading", found.heading);
    else if (code !== undefined) take(code, "code");
    else take(proseEnd(lines, at), "prose");
  }
  return blocks;
}

/** The line behind the front matter at the beginning, if there is any. */
function frontMatterEnd(lines: readonly Line[]): number | undefined {
  const mark = lines[0]?.text.trimEnd();
  if (mark !== "---" && mark !== "+++") return undefined;
  const end = lines.findIndex(({ text }, i) => i > 0 && text.trimEnd() === mark);
  return end === -1 ? undefined : end + 1;
}

function headingAt(lines: readonly Line[], at: number) {
  const { text } = lines[at]!;
  if (text.length > LONGEST_HEADING) return undefined;
  const title = headingText(text);
  const atx = ATX.exec(text)?.[1];
  if (atx !== undefined) return { heading: { level: atx.length, title }, end: at + 1 };
  const under = UNDERLINE.exec(lines[at + 1]?.text ?? "")?.[1];
  if (under === undefined || !UNDERLINED.test(text)) return undefined;
  return { heading: { level: under[0] === "=" ? 1 : 2, title }, end: at + 2 };
}

/** A fence that is not closed goes on to the end, as in CommonMark. */
function fenceEnd(lines: readonly Line[], at: number): number | undefined {
  const mark = FENCE.exec(lines[at]!.text)?.[1];
  if (mark === undefined) return undefined;
  for (let i = at + 1; i < lines.length; i++) {
    const closing = lines[i]!.text.trim();
    if (closing.length >= mark.length && closing === mark[0]!.repeat(closing.length)) return i + 1;
  }
  return lines.length;
}

function tableEnd(lines: readonly Line[], at: number): number | undefined {
  const delimiter = (lines[at + 1]?.text ?? "").replace(/^[\s>]+/, "").trimEnd();
  if (!lines[at]!.text.includes("|") || !delimiter.includes("|") || !DELIMITER.test(delimiter)) return undefined;
  let end = at + 2;
  while (end < lines.length && lines[end]!.text.includes("|")) end++;
  return end;
}

function proseEnd(lines: readonly Line[], at: number): number {
  let end = at + 1;
  while (end < lines.length && !isBlank(lines[end]!.text) && !interrupts(lines, end)) end++;
  return end;
}

/** An underline ends a paragraph of several lines without making it a heading. */
function interrupts(lines: readonly Line[], at: number): boolean {
  return ATX.test(lines[at]!.text) || FENCE.test(lines[at]!.text) || tableEnd(lines, at) !== undefined;
}

/** A heading's words, without Markdown's marks. */
function headingText(line: string): string {
  return line
    .replace(/^ {0,3}#{1,6}(?=\s|$)\s*/, "")
    .replace(/\s+#+\s*$/, "")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[*_`]+/g, "")
    .trim();
}
