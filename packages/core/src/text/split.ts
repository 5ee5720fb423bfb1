import type { SplitOptions, TextChunk } from "../api/split.js";
import type { Block, Range } from "./blocks.js";
import { beginnings, cut, type Piece, type Placed } from "./pieces.js";

/** A heading stays with some of what follows it, if this share of a chunk is left for that. */
const LEAST_ROOM = 1 / 4;
/** Characters looked at, for each token that may be repeated. */
const CHARACTERS_PER_TOKEN = 16;

/** How blocks are put together. */
export type Limits = Required<Omit<SplitOptions, "format">>;

/**
 * Puts the blocks of a text together into chunks. Each heading begins one, with what follows it; blocks stay whole if they
 * fit. Nothing but white space around chunks is lost.
 *
 * @param blocks the whole text in order
 */
export function splitBlocks(text: string, blocks: readonly Block[], limits: Limits): TextChunk[] {
  const { maxTokens, countTokens, overlapTokens } = limits;
  const countOf = (range: Range) => {
    const { start, end } = trimmed(text, range);
    return start < end ? countTokens(text.slice(start, end)) : 0;
  };
  return sectionsOf(blocks).flatMap((section) => {
    const pieces = section.flatMap((block): Piece[] => {
      const tokens = countOf(block);
      // Parts of a block leave room for what is repeated.
      return tokens <= maxTokens ? [{ ...block, tokens }] : cut(text, block, maxTokens - overlapTokens, countOf);
    });
    return chunksOf(text, pieces, limits, countOf);
  });
}

/** Puts the pieces of a section together. */
function chunksOf(
  text: string,
  whole: readonly Piece[],
  { maxTokens, countTokens, overlapTokens }: Limits,
  countOf: (range: Range) => number,
): TextChunk[] {
  const chunks: TextChunk[] = [];
  let pieces = whole;
  const below = pieces.findLast(({ kind }) => kind === "heading")?.end ?? 0;
  let before: Range | undefined;
  for (let at = 0; at < pieces.length; ) {
    const first = pieces[at]!;
    let start = before === undefined ? first.start : repeatedFrom(at, before);
    let end = fill(at, maxTokens - countOf({ start, end: first.start }));
    // Tokens of the whole may be more than those of its parts.
    const isTooLong = () => countOf({ start, end: pieces[end - 1]!.end }) > maxTokens;
    while (end > at + 1 && isTooLong()) end--;
    if (isTooLong()) start = first.start;
    const range = trimmed(text, { start, end: pieces[end - 1]!.end });
    // A piece may be blank.
    if (range.end > Math.max(range.start, before?.end ?? 0)) {
      const own = text.slice(range.start, range.end);
      chunks.push({ text: own, ...range, tokens: countTokens(own), headings: first.headings });
      before = range;
    }
    at = end;
  }
  return chunks;

  /** Returns the end of the pieces that fit, the first in any case. Cuts the one behind a heading, if they do not fit together. */
  function fill(at: number, most: number): number {
    let room = most - pieces[at]!.tokens;
    let end = at + 1;
    let isTitle = pieces[at]!.kind === "heading";
    while (end < pieces.length) {
      if (pieces[end]!.tokens > room && isTitle && room >= LEAST_ROOM * maxTokens) {
        // Not by splice, which takes no more pieces than the stack has room for.
        pieces = [...pieces.slice(0, end), ...cut(text, pieces[end]!, room, countOf), ...pieces.slice(end + 1)];
      }
      const { tokens, kind } = pieces[end]!;
      if (tokens > room) break;
      room -= tokens;
      isTitle &&= kind === "heading";
      end++;
    }
    return end;
  }

  /** The earliest place from which the end of the chunk before may be repeated. */
  function repeatedFrom(at: number, { start: from }: Range): number {
    const { kind } = pieces[at - 1]!;
    const { start: end, tokens } = pieces[at]!;
    // What is new goes before what is repeated.
    const most = Math.min(overlapTokens, maxTokens - tokens);
    if (most <= 0 || kind === "heading") return end;
    const least = Math.max(from + 1, below, end - CHARACTERS_PER_TOKEN * most);
    let first = at - 1;
    while (pieces[first - 1]?.kind === kind && pieces[first]!.start > least) first--;
    for (const places of beginnings(text, { start: pieces[first]!.start, end }, kind)) {
      const possible = places.filter((place) => place >= least);
      const place = possible[firstTrue(possible.length, (i) => countOf({ start: possible[i]!, end }) <= most)];
      if (place !== undefined) return place;
    }
    return end;
  }
}

/** The first of `count` indices for which a test that stays true is true; `count` if there is none. */
function firstTrue(count: number, test: (index: number) => boolean): number {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (test(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Blocks below one heading, or below several in a row. */
function sectionsOf(blocks: readonly Block[]): Placed[][] {
  const sections: Placed[][] = [[]];
  let isTitle = true;
  const above: { readonly level: number; readonly title: string }[] = [];
  for (const { heading, kind, start, end } of blocks) {
    if (heading !== undefined) {
      if (!isTitle) sections.push([]);
      while ((above.at(-1)?.level ?? 0) >= heading.level) above.pop();
    }
    sections.at(-1)!.push({ kind, start, end, headings: above.map(({ title }) => title) });
    if (heading !== undefined) above.push(heading);
    isTitle = heading !== undefined;
  }
  return sections;
}

/** Without blank lines before it and white space behind it. */
function trimmed(text: string, range: Range): Range {
  const own = text.slice(range.start, range.end).trimEnd();
  const first = own.length - own.trimStart().length;
  const line = Math.max(own.lastIndexOf("\n", first), own.lastIndexOf("\r", first)) + 1;
  return { start: range.start + (own === "" ? 0 : line), end: range.start + own.length };
}
