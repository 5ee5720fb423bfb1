import { headingText, type SourceLine } from "./source-lines.js";

/** Consecutive lines of a document, few enough for the model to read whole. */
export interface Passage {
  /** The headings it stands under, `Guide > Install`; `""` for none. */
  readonly title: string;
  /** Its lines. */
  readonly text: string;
  /** The line of the file on which each of its lines begins, from 1. */
  readonly lines: readonly number[];
}

/** Tokens of a passage's own lines: one thought, and half of what the models read. */
const MOST_TOKENS = 200;
/** Tokens of the headings above it. */
const MOST_HEADING_TOKENS = 40;

/** Counts a text's tokens, without special ones. */
export type CountTokens = (text: string) => number;

/**
 * Divides a document into passages. A heading begins one; apart from that, they end at a blank line if they can, else at
 * the end of a line, else between words.
 */
export function toPassages(lines: readonly SourceLine[], countTokens: CountTokens): Passage[] {
  const passages: Passage[] = [];
  const headings: Heading[] = [];
  let held: SourceLine[] = [];
  let tokens = 0;
  const end = () => {
    if (held.some(isText)) passages.push(toPassage(held, headings, countTokens));
    // A heading alone is part of what follows it.
    else if (held.length > 0 && held[0]!.heading !== undefined) return;
    held = [];
    tokens = 0;
  };
  const take = (taken: readonly SourceLine[], size: number) => {
    if (tokens + size > MOST_TOKENS) end();
    held.push(...taken);
    tokens += size;
  };
  for (const block of toBlocks(lines)) {
    const { heading: level, text } = block[0]!;
    if (level !== undefined) {
      end();
      held = [];
      tokens = 0;
      while ((headings.at(-1)?.level ?? 0) >= level) headings.pop();
      headings.push({ level, text: headingText(text) });
    }
    const size = block.reduce((sum, line) => sum + countTokens(line.text), 0);
    if (size <= MOST_TOKENS) take(block, size);
    else
      for (const line of block.flatMap((long) => shortEnough(long, countTokens))) take([line], countTokens(line.text));
  }
  end();
  // Nothing but headings: they are all there is to find.
  if (passages.length === 0 && lines.some(({ text }) => WORDS.test(text))) {
    return toPassages(
      lines.map(({ heading: _, ...line }) => line),
      countTokens,
    );
  }
  return passages;
}

interface Heading {
  readonly level: number;
  readonly text: string;
}

const WORDS = /[\p{L}\p{N}]/u;

function isText({ text, heading }: SourceLine): boolean {
  return heading === undefined && WORDS.test(text);
}

function toPassage(held: readonly SourceLine[], headings: readonly Heading[], countTokens: CountTokens): Passage {
  const from = held.findIndex(({ text }) => text.trim() !== "");
  const to = held.findLastIndex(({ text }) => text.trim() !== "");
  const body = held.slice(from, to + 1);
  // Its own heading is among its lines.
  const above = body[0]!.heading === undefined ? headings : headings.slice(0, -1);
  const title = joined(above, countTokens);
  return { title, text: body.map(({ text }) => text).join("\n"), lines: body.map(({ line }) => line) };
}

/** Groups lines into headings, paragraphs with the blank lines after them, and blocks of code. */
function* toBlocks(lines: readonly SourceLine[]): Generator<SourceLine[]> {
  let block: SourceLine[] = [];
  let blank = false;
  for (const line of lines) {
    const begins =
      line.heading !== undefined || block.at(-1)?.heading !== undefined || (blank && line.text.trim() !== "");
    if (begins && block.length > 0) {
      yield block;
      block = [];
    }
    block.push(line);
    blank = line.text.trim() === "" && line.code !== true;
  }
  if (block.length > 0) yield block;
}

/** Splits a line that is too long for a passage at spaces, or anywhere in a script without them. */
function shortEnough(line: SourceLine, countTokens: CountTokens): SourceLine[] {
  if (countTokens(line.text) <= MOST_TOKENS) return [line];
  const middle = Math.floor(line.text.length / 2);
  const space = [line.text.indexOf(" ", middle), line.text.lastIndexOf(" ", middle)]
    .filter((at) => at > 0)
    .sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle))[0];
  const code = line.text.charCodeAt(middle);
  const at = space ?? (code >= 0xdc00 && code < 0xe000 ? middle + 1 : middle);
  return [line.text.slice(0, at), line.text.slice(at)].flatMap((text) => shortEnough({ ...line, text }, countTokens));
}

/** Joins the headings above a passage, the nearest ones if not all fit. */
function joined(headings: readonly Heading[], countTokens: CountTokens): string {
  for (let from = 0; from < headings.length; from++) {
    const title = headings
      .slice(from)
      .map(({ text }) => text)
      .join(" > ");
    if (countTokens(title) <= MOST_HEADING_TOKENS) return title;
  }
  return "";
}
