import { styleText } from "node:util";
import type { Hit } from "../folder/folder-index.js";
import { bestWindow, parts } from "../folder/highlight.js";
import { printable } from "../format.js";

/** The part of a terminal needed for results. */
export interface Screen {
  readonly isTTY?: boolean;
  readonly columns?: number;
  hasColors?(): boolean;
}

/** Lines shown of a passage. */
const SHOWN = 4;

/** Writes a hit for people: where it is, and its best lines. On a terminal, in colour, with the question's words marked. */
export function toText(hit: Hit, words: ReadonlySet<string>, screen: Screen): string {
  const { path, page, line, lines, heading, text } = hit;
  const paint = painter(screen);
  const all = text.split("\n");
  const best = bestWindow(all, words, SHOWN);
  const shown = all
    .slice(best)
    .filter((one) => one.trim() !== "")
    .slice(0, SHOWN)
    .map((one) => shortened(printable(one), words, widthOf(screen)));
  const marked = shown.map((one) =>
    parts(one, words).map((part) => (part.matches ? paint(["bold", "yellow"], part.text) : part.text)),
  );
  const under = [page === undefined ? undefined : `page ${page}`, heading]
    .filter((part) => part !== undefined)
    .map((part) => `  ${paint("dim", printable(part))}`)
    .join("");
  const place = `${printable(path)}:${page ?? lines?.[best] ?? line + best}`;
  return `${paint("cyan", place)}${under}\n${marked
    .map((one) => `${INDENT}${one.join("")}`.trimEnd())
    .join("\n")
    .trimEnd()}\n\n`;
}

const INDENT = "    ";
const LEAST_WIDTH = 40;

/** Some terminals say that they have no columns. */
function widthOf({ columns }: Screen): number {
  return Math.max(LEAST_WIDTH, columns || 120) - INDENT.length;
}

function painter(screen: Screen): (style: Parameters<typeof styleText>[0], text: string) => string {
  const colours = screen.isTTY === true && screen.hasColors?.() === true;
  return (style, text) => (colours ? styleText(style, text, { validateStream: false }) : text);
}

/** Cuts a line to the terminal's width, around the first of the question's words. */
function shortened(line: string, words: ReadonlySet<string>, width: number): string {
  const characters = Array.from(line);
  if (characters.length <= width) return line;
  let before = 0;
  for (const { text, matches } of parts(line, words)) {
    if (matches) break;
    before += Array.from(text).length;
  }
  const found = before < characters.length ? before : 0;
  const from = Math.max(0, Math.min(found - Math.floor(width / 3), characters.length - width));
  const to = from + width;
  return `${from > 0 ? "…" : ""}${characters.slice(from > 0 ? from + 1 : 0, to < characters.length ? to - 1 : to).join("")}${to < characters.length ? "…" : ""}`;
}
