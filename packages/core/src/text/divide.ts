import { cutNear, isInside } from "./places.js";
import { segmenter } from "./segmenter.js";

/** Most windows of one text: about 14,000 tokens where the model reads 512. */
export const MOST_WINDOWS = 32;
/** Share of a window that it has in common with the one before it, so that no sentence loses what stands around it. */
const OVERLAP = 1 / 8;
/** A sentence that takes more than this share of a window is cut between words. */
const LONGEST_PIECE = 1 / 4;
/** Characters looked at, for each token that the windows hold. Only texts that are mostly blank or without any words have more. */
const CHARACTERS_PER_TOKEN = 16;

/** A stretch of a text, in UTF-16 units as in `slice`, and its tokens. */
interface Piece {
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
}

/** A text that is read in windows. */
export interface Divided {
  /** Where each window starts and ends in the text, in UTF-16 units: two numbers a window. */
  readonly ranges: Int32Array;
  /** Tokens up to the end of the last window, each counted once. */
  readonly read: number;
}

/**
 * Divides a text into overlapping windows that begin and end with a sentence, or with a word where sentences are long.
 *
 * @param room tokens of a window
 * @param countOf counts tokens, without special ones
 */
export function divide(text: string, room: number, countOf: (text: string) => number): Divided {
  const pieces: Piece[] = [];
  const source = piecesOf(text, room, countOf);
  /** The piece at this place, or undefined behind the last one. */
  const pieceAt = (place: number): Piece | undefined => {
    if (place === pieces.length) {
      const { value } = source.next();
      if (value === undefined) return undefined;
      pieces.push(value);
    }
    return pieces[place];
  };
  const ranges: number[] = [];
  let [from, to] = [0, 0];
  while (pieceAt(to) !== undefined && ranges.length < 2 * MOST_WINDOWS) {
    let tokens = 0;
    for (let place = from; place < to; place++) tokens += pieces[place]!.tokens;
    do tokens += pieceAt(to++)!.tokens;
    while (pieceAt(to) !== undefined && tokens + pieceAt(to)!.tokens <= room);
    const start = pieces[from]!.start;
    // Tokens of the whole may be more than those of its pieces.
    while (to - from > 1 && countOf(text.slice(start, pieces[to - 1]!.end)) > room) to--;
    ranges.push(start, pieces[to - 1]!.end);
    let next = to;
    let shared = 0;
    while (next - 1 > from && shared + pieces[next - 1]!.tokens <= OVERLAP * room) shared += pieces[--next]!.tokens;
    from = next;
  }
  const read = pieces.slice(0, to).reduce((sum, { tokens }) => sum + tokens, 0);
  return { ranges: Int32Array.from(ranges), read };
}

/** Sentences, of which long ones are cut. */
function* piecesOf(
  text: string,
  room: number,
  countOf: (text: string) => number,
): Generator<Piece, undefined, undefined> {
  const most = Math.max(1, Math.floor(LONGEST_PIECE * room));
  const end = MOST_WINDOWS * room * CHARACTERS_PER_TOKEN;
  const looked = text.slice(0, isInside(text, end) ? end - 1 : end);

  function* cut(start: number, end: number): Generator<Piece, void, undefined> {
    const tokens = countOf(looked.slice(start, end));
    const middle = tokens > most ? cutNear(looked, start, end) : undefined;
    if (middle === undefined) yield { start, end, tokens };
    else {
      yield* cut(start, middle);
      yield* cut(middle, end);
    }
  }

  for (const { index, segment } of segmenter("sentence").segment(looked)) yield* cut(index, index + segment.length);
  return undefined;
}
