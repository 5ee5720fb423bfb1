import type { EngineCall } from "../engine/pool.js";
import type { TokenSide } from "../rows/compress.js";
import { splitWindows } from "../rows/windows.js";
import type { Match } from "./match-windows.js";

/** Tokens of the part of a text that a cross-encoder reads in place of all: see docs/search.md for what fewer lose. */
export const PASSAGE_TOKENS = 192;

/** A document that was matched. */
export interface FoundText {
  readonly text: string;
  readonly rows: Uint8Array;
  readonly match: Match;
}

/** Narrows the matches of one call to the parts that match best, in a worker. */
export async function bestPassages(
  call: EngineCall,
  { rows, ids }: TokenSide,
  found: readonly FoundText[],
  { dimensions, most }: { readonly dimensions: number; readonly most: number },
): Promise<Match[]> {
  if (found.length === 0) return [];
  const documents = found.map(({ rows: all, match: { start, end } }) => {
    const window = splitWindows(all).windows.find((one) => one.start === start && one.end === end);
    // A view would bring along all of its memory.
    return window!.rows.slice();
  });
  const texts = found.map(({ text, match: { start, end } }) => text.slice(start, end));
  const { weights } = found[0]!.match;
  const ends = await call.run({ type: "passages", rows, ids, weights, dimensions, texts, documents, most });
  return found.map(({ match }, i) => ({
    ...match,
    start: match.start + ends[2 * i]!,
    end: match.start + ends[2 * i + 1]!,
  }));
}
