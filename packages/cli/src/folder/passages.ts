import { splitText } from "@bge-js/core";
import { splitBlocks } from "@bge-js/core/adapter";
import type { Source } from "./source.js";

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

/** Divides a document into passages, of which those without a word are left out. */
export function toPassages(source: Source, countTokens: CountTokens): Passage[] {
  const limits = { maxTokens: MOST_TOKENS, overlapTokens: 0, countTokens };
  const chunks =
    "blocks" in source
      ? splitBlocks(source.text, source.blocks, limits)
      : splitText(source.text, { ...limits, format: source.format });
  const lineAt = lineCounter(source.text);
  return chunks.flatMap(({ text, start, headings }) => {
    if (!WORDS.test(text)) return [];
    const own = text.split(LINE_END);
    const first = lineAt(start);
    const lines = own.map((_, i) =>
      "lines" in source ? source.lines[first + i]! : first + i + (source.firstLine ?? 1),
    );
    return [{ title: joined(headings, countTokens), text: own.join("\n"), lines }];
  });
}

const WORDS = /[\p{L}\p{N}]/u;
const LINE_END = /\r\n|\n|\r/;

/** Returns a function from a place in the text to its line, from 0, for places that grow. */
function lineCounter(text: string): (place: number) => number {
  const ends = text.matchAll(new RegExp(LINE_END, "g"));
  let end = ends.next();
  let line = 0;
  return (place) => {
    for (; !end.done && end.value.index < place; end = ends.next()) line++;
    return line;
  };
}

/** Joins the headings above a passage, the nearest ones if not all fit. */
function joined(headings: readonly string[], countTokens: CountTokens): string {
  for (let from = 0; from < headings.length; from++) {
    const title = headings.slice(from).join(" > ");
    if (countTokens(title) <= MOST_HEADING_TOKENS) return title;
  }
  return "";
}
