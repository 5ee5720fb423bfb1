/** A line of a document: its number in the file, and its text as a reader sees it. */
export interface SourceLine {
  /** From 1. */
  readonly line: number;
  readonly text: string;
  /** The level of a heading, from 1. */
  readonly heading?: number;
  /** True inside a block of code, where a blank line ends no paragraph. */
  readonly code?: boolean;
}

/** Returns the lines of a text or a program. */
export function textLines(text: string): SourceLine[] {
  return text.split(/\r\n|\n|\r/).map((line, index) => ({ line: index + 1, text: line }));
}

/** Returns the lines of a Markdown document, with its headings: `# ATX`, and underlined ones. */
export function markdownLines(text: string): SourceLine[] {
  const lines = textLines(text);
  let fence: string | undefined;
  // "---" around front matter underlines nothing.
  let front = lines[0]?.text === "---";
  return lines.map(({ line, text: content }, index): SourceLine => {
    if (front) {
      if (index > 0 && content === "---") front = false;
      return { line, text: content };
    }
    const mark = /^ {0,3}(```+|~~~+)/.exec(content)?.[1];
    if (mark !== undefined && (fence === undefined || (mark.startsWith(fence) && content.trim() === mark))) {
      fence = fence === undefined ? mark : undefined;
      return { line, text: content, code: true };
    }
    if (fence !== undefined) return { line, text: content, code: true };
    const atx = /^ {0,3}(#{1,6})(?:[ \t]|$)/.exec(content)?.[1];
    if (atx !== undefined) return { line, text: content, heading: atx.length };
    const under = /^ {0,3}(=+|-+)\s*$/.exec(lines[index + 1]?.text ?? "")?.[1];
    const before = lines[index - 1]?.text.trim() ?? "";
    if (under !== undefined && before === "" && /^ {0,3}[^\s>|*+-]/.test(content))
      return { line, text: content, heading: under[0] === "=" ? 1 : 2 };
    return { line, text: content };
  });
}

/** Returns a heading's words without Markdown's marks. */
export function headingText(line: string): string {
  return line
    .replace(/^ {0,3}#{1,6}\s*/, "")
    .replace(/\s+#+\s*$/, "")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[*_`]+/g, "")
    .trim();
}
