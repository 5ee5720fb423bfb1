import { type Block, isBlank, type Line, linesOf, type Range } from "./blocks.js";

/** Lines that go on with what is before them: they close it, or are its next branch. */
const CONTINUES =
  /^(?:[)\]}{]|(?:else|elif|elsif|elseif|except|rescue|catch|finally|ensure|end|endif|then|do|done|fi|esac)\b)/;
const CLOSES = /^(?:[)\]}]|(?:end|endif|done|fi|esac)\b)/;
const TAB = 4;
/** Indentations tried, so that a text of many takes no longer than others. */
const MOST_LEVELS = 16;

/** The declarations at the top level of a program in any language, each with the comment before it and the blank lines behind it. */
export function codeBlocks(text: string): Block[] {
  return declarations(linesOf(text), 0).map((range) => ({ kind: "code", ...range }));
}

/** Divides lines of a program at the outermost declarations of which there are several. */
export function codeParts(text: string, range: Range): readonly Range[] {
  const lines = linesOf(text, range);
  const inner = new Set(lines.flatMap(({ text }) => (isBlank(text) ? [] : [indentation(text)])));
  for (const level of [...inner].sort((a, b) => a - b).slice(0, MOST_LEVELS)) {
    const parts = declarations(lines, level);
    if (parts.length > 1) return parts;
  }
  return [range];
}

/**
 * Groups lines into declarations: one begins with a line at this indentation or less, behind a blank line, a deeper one, or one that closes something.
 */
function declarations(lines: readonly Line[], level: number): Range[] {
  const parts: Range[] = [];
  let start = 0;
  for (let i = 1; i < lines.length; i++) {
    if (!begins(lines[i]!.text, lines[i - 1]!.text, level)) continue;
    // What is blank at the beginning belongs to the first.
    if (lines.slice(start, i).every(({ text }) => isBlank(text))) continue;
    parts.push({ start: lines[start]!.start, end: lines[i]!.start });
    start = i;
  }
  if (lines.length > 0) parts.push({ start: lines[start]!.start, end: lines.at(-1)!.end });
  return parts;
}

function begins(line: string, before: string, level: number): boolean {
  if (isBlank(line) || indentation(line) > level || CONTINUES.test(line.trimStart())) return false;
  if (isBlank(before) || indentation(before) > indentation(line)) return true;
  return indentation(before) === indentation(line) && CLOSES.test(before.trimStart());
}

/** In columns. The lines of a comment like this one stand where it begins. */
function indentation(line: string): number {
  const [blank] = /^[ \t]*/.exec(line)!;
  const columns = Array.from(blank).reduce((sum, character) => sum + (character === "\t" ? TAB : 1), 0);
  return line[blank.length] === "*" && columns % 2 === 1 ? columns - 1 : columns;
}
