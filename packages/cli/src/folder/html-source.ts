import type { Block } from "@bge-js/core/adapter";
import { Parser } from "htmlparser2";
import type { Source } from "./source.js";

/** A line that a reader sees. */
interface HtmlLine {
  /** On which it begins in the file, from 1. */
  readonly line: number;
  readonly text: string;
  /** The level of a heading, from 1. */
  readonly heading?: number;
  /** True inside `<pre>`. */
  readonly code?: boolean;
}

/** Elements whose content nobody reads. */
const UNREAD = new Set([
  "script",
  "style",
  "noscript",
  "template",
  "svg",
  "math",
  "iframe",
  "object",
  "select",
  "head",
]);
/** Elements that do not begin a new line. */
const INLINE = new Set(
  "a abbr b bdi bdo cite code data del dfn em font i ins kbd mark q s samp small span strong sub sup time tt u var wbr label".split(
    " ",
  ),
);

/** Returns what a reader of an HTML document sees. */
export function htmlSource(html: string): Source {
  const lines = htmlLines(html);
  return {
    text: lines.map(({ text }) => text).join("\n"),
    blocks: blocksOf(lines),
    lines: lines.map(({ line }) => line),
  };
}

/** Headings, code, and paragraphs with the blank lines behind them. */
function blocksOf(lines: readonly HtmlLine[]): Block[] {
  const blocks: Block[] = [];
  let start = 0;
  for (const [i, { text, heading, code }] of lines.entries()) {
    const end = start + text.length + (i + 1 < lines.length ? 1 : 0);
    const kind = heading !== undefined ? "heading" : code ? "code" : "prose";
    const last = blocks.at(-1);
    const isBehindBlank = lines[i - 1]?.text === "" && kind === "prose";
    if (last !== undefined && (text === "" || (last.kind === kind && kind !== "heading" && !isBehindBlank))) {
      blocks[blocks.length - 1] = { ...last, end };
    } else
      blocks.push({ kind, start, end, ...(heading !== undefined && { heading: { level: heading, title: text } }) });
    start = end;
  }
  return blocks;
}

function htmlLines(html: string): HtmlLine[] {
  const lines: HtmlLine[] = [];
  const lineAt = lineCounter(html);
  let text = "";
  let begins: number | undefined;
  let heading: number | undefined;
  let unread = 0;
  let code = 0;
  const end = () => {
    const content = code > 0 ? text.trimEnd() : text.replace(/\s+/g, " ").trim();
    if (content !== "")
      lines.push({
        line: lineAt(begins!),
        text: content,
        ...(heading !== undefined && { heading }),
        ...(code > 0 && { code: true }),
      });
    text = "";
    begins = undefined;
  };
  const parser = new Parser({
    onopentagname(name) {
      if (UNREAD.has(name)) unread++;
      if (INLINE.has(name)) return;
      end();
      if (name === "pre") code++;
      if (/^h[1-6]$/.test(name)) heading = Number(name[1]);
    },
    ontext(data) {
      if (unread > 0) return;
      let at = parser.startIndex;
      for (const part of code > 0 ? data.split(/(?<=\n)/) : [data]) {
        if (part.trim() !== "") begins ??= at + (part.length - part.trimStart().length);
        text += part;
        if (code > 0 && part.endsWith("\n")) end();
        at += part.length;
      }
    },
    onclosetag(name) {
      if (UNREAD.has(name)) unread--;
      if (INLINE.has(name)) return;
      end();
      if (name === "pre") code--;
      if (/^h[1-6]$/.test(name)) heading = undefined;
      // A paragraph ends where its element does.
      if (lines.length > 0 && lines.at(-1)!.text !== "" && code === 0)
        lines.push({ line: lines.at(-1)!.line, text: "" });
    },
  });
  parser.end(html);
  end();
  return lines;
}

/** Returns a function from an index in the text to its line, for indices that grow. */
function lineCounter(text: string): (index: number) => number {
  let line = 1;
  let from = 0;
  return (index) => {
    for (let next = text.indexOf("\n", from); next !== -1 && next < index; next = text.indexOf("\n", from)) {
      line++;
      from = next + 1;
    }
    return line;
  };
}
