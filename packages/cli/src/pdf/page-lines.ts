/**
 * Ends of lines, and the space behind a word that began in the line before: PDFium marks a hyphen at the end of a line with
 * U+FFFE, and goes on without a line end.
 */
const LINE_END = /\r\n|\n|\r|(?<=\ufffe\S*)\s+/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed.
const NO_TEXT = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufffe\uffff]/g;

/** Where a character stands on its page, in points from the lower left corner. */
export interface CharacterPlace {
  readonly left: number;
  readonly right: number;
  /** Of its baseline. */
  readonly y: number;
  /** Height of a line in its font. */
  readonly height: number;
}

interface Line {
  readonly text: string;
  /** Of its first and last character, if they are known. */
  readonly first: CharacterPlace | undefined;
  readonly last: CharacterPlace | undefined;
}

/** Shares of a line's height: of what two baselines of the same line may differ by, and of what a space is at least. */
const [SAME_LINE, SPACE] = [0.2, 0.12];
/** A distance between lines that is so much larger than that of most begins a paragraph. */
const PARAGRAPH = 1.3;

/**
 * Divides the text of a page into its lines. A word that a hyphen divides at the end of a line is put together in that line, and a
 * blank line stands where the distance of lines shows a new paragraph.
 *
 * @param placeOf returns the place of the character at an index
 */
export function pageLines(text: string, placeOf: (index: number) => CharacterPlace | undefined): string[] {
  const lines: Line[] = [];
  let start = 0;
  const add = (end: number, mark = "") => {
    const own = text.slice(start, end);
    const shown = own.replace(NO_TEXT, "").trim();
    if (shown === "") return;
    const line = {
      text: shown,
      first: placeOf(start + own.search(/\S/)),
      // Behind a divided word, its end stands in the next line already.
      last: isLineEnd(mark) ? placeOf(start + own.trimEnd().length - 1) : undefined,
    };
    const before = lines.at(-1);
    const between = before && joint(before, line);
    if (between === undefined) lines.push(line);
    else lines[lines.length - 1] = { ...line, text: `${before!.text}${between}${shown}`, first: before!.first };
  };
  for (const { 0: mark, index } of text.matchAll(LINE_END)) {
    add(index, mark);
    start = index + mark.length;
  }
  add(text.length);
  const usual = usualDistance(lines);
  return lines.flatMap((line, i) => {
    const distance = distanceTo(lines[i - 1], line);
    return usual !== undefined && distance !== undefined && distance > usual * PARAGRAPH
      ? ["", line.text]
      : [line.text];
  });
}

function isLineEnd(mark: string): boolean {
  return mark.includes("\n") || mark.includes("\r");
}

/**
 * What stands between a line and the next if they are one: on a page of few lines, PDFium may take letters that were placed one by
 * one for a column, and end a line behind each. `undefined` if they are two.
 */
function joint({ last }: Line, { first }: Line): "" | " " | undefined {
  if (last === undefined || first === undefined) return undefined;
  const height = Math.max(last.height, first.height);
  const gap = first.left - last.right;
  if (Math.abs(first.y - last.y) > height * SAME_LINE || gap < -height * SAME_LINE) return undefined;
  return gap > height * SPACE ? " " : "";
}

/** The distance of lines within a paragraph: one at the first third, since short pages have as many paragraphs as lines. */
function usualDistance(lines: readonly Line[]): number | undefined {
  const distances = lines.flatMap((line, i) => distanceTo(lines[i - 1], line) ?? []).sort((a, b) => a - b);
  return distances[Math.floor((distances.length - 1) / 3)];
}

/** How far a line is below the one before; `undefined` if it is not, as at the top of a column. */
function distanceTo(before: Line | undefined, { first }: Line): number | undefined {
  if (before?.first === undefined || first === undefined) return undefined;
  const distance = before.first.y - first.y;
  return distance > first.height * SAME_LINE ? distance : undefined;
}
