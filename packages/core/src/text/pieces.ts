import { type Block, linesOf, type Range } from "./blocks.js";
import { codeParts } from "./code-blocks.js";
import { cutNear } from "./places.js";
import { segmenter } from "./segmenter.js";

/** A block in its place. */
export interface Placed extends Range {
  readonly kind: Block["kind"];
  /** The headings above it, outermost first. */
  readonly headings: readonly string[];
}

/** A part of a block that is cut no further, and its tokens. */
export interface Piece extends Placed {
  readonly tokens: number;
}

/** Divides a range, or gives it back whole. */
type Divide = (text: string, range: Range) => readonly Range[];

/** An item of a list begins with one of these. */
const MARKER = /^([ \t]*)(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)/;

const WITHIN_WORD = /^[!-~][!-~\p{Script=Latin}]/u;

/** A declaration within a declaration is divided like those outside; as is an item of a list. What is nested deeper is cut at lines. */
const WAYS: Readonly<Record<Block["kind"], readonly Divide[]>> = {
  code: [...new Array<Divide>(12).fill(codeParts), linesOf],
  prose: [...new Array<Divide>(4).fill(items), sentencesOfWords, linesOf],
  heading: [],
};

/**
 * Cuts a block where it hurts least: a program at its declarations and lines, prose at the items of a list, sentences and lines; at
 * words, if it must be, and within a word that is too long by itself.
 *
 * @param most tokens of a piece
 * @param count of the tokens in a range
 */
export function cut(text: string, block: Placed, most: number, count: (range: Range) => number): Piece[] {
  const ways = WAYS[block.kind];

  function within(range: Range, from: number): Piece[] {
    const tokens = count(range);
    let parts: readonly Range[] = [range];
    let way = from;
    if (tokens > most) {
      for (let failed: Divide | undefined; parts.length === 1 && way < ways.length; way++) {
        if (ways[way] !== failed) parts = ways[way]!(text, range);
        failed = ways[way];
      }
      if (parts.length === 1) parts = halves(text, range);
    }
    if (parts.length === 1) return [{ ...block, start: range.start, end: range.end, tokens }];
    return parts.flatMap((part) => within(part, way));
  }

  return within(block, 0);
}

/**
 * Where a chunk may begin that repeats the end of the one before it, by preference: at sentences and items of a list, then at
 * words; of a program at lines alone.
 */
export function beginnings(text: string, range: Range, kind: Block["kind"]): readonly (readonly number[])[] {
  const startsOf = (parts: readonly Range[]) => parts.map(({ start }) => start);
  if (kind === "code") return [startsOf(linesOf(text, range))];
  const whole = new Set(startsOf([...sentencesOfWords(text, range), ...items(text, range)]));
  const words = Array.from(
    text.slice(range.start, range.end).matchAll(/\s(?=\S)/g),
    ({ index }) => range.start + index + 1,
  );
  return [[...whole].sort((a, b) => a - b), words];
}

/** The outermost items of a list, but for the one that the range begins with. */
function items(text: string, range: Range): Range[] {
  const lines = linesOf(text, range).map(({ start, text: line }) => ({
    start,
    indent: MARKER.exec(line)?.[1]?.length,
  }));
  const outermost = lines
    .slice(1)
    .reduce((least, { indent = Number.POSITIVE_INFINITY }) => Math.min(least, indent), Number.POSITIVE_INFINITY);
  const starts = lines.filter(({ indent }, i) => i === 0 || indent === outermost).map(({ start }) => start);
  return between(starts, range.end);
}

/** Sentences, each of which may go on in the next line. */
export function sentences(text: string, { start, end }: Range): Range[] {
  const flowing = text.slice(start, end).replace(/[\r\n]/g, " ");
  const starts = Array.from(segmenter("sentence").segment(flowing), ({ index }) => start + index);
  return between(starts, end);
}

/** Without those that begin within a word: a question mark in an address ends none. Where there are no spaces, sentences are what they are. */
function sentencesOfWords(text: string, range: Range): Range[] {
  const starts = sentences(text, range).map(({ start }) => start);
  return between(
    starts.filter((start) => start === range.start || !WITHIN_WORD.test(text.slice(start - 1, start + 1))),
    range.end,
  );
}

function halves(text: string, { start, end }: Range): Range[] {
  const middle = cutNear(text, start, end);
  return middle === undefined ? [{ start, end }] : between([start, middle], end);
}

function between(starts: readonly number[], end: number): Range[] {
  return starts.map((start, i) => ({ start, end: starts[i + 1] ?? end }));
}
