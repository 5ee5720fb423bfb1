/** A part of a line, and whether it is among the words of the question. */
export interface Part {
  readonly text: string;
  readonly matches: boolean;
}

/** Words that say nothing about what is asked for. */
const STOP_WORDS = new Set(
  "a an and are as at be by can could do does for from has have how i if in is it its my not of on or our should that the their them there they this to was we what when where which who why will with would you your".split(
    " ",
  ),
);

/** Returns the words of a question that can be shown in a text, folded. */
export function questionWords(question: string): Set<string> {
  const words = (question.match(WORD) ?? []).map(folded);
  const telling = words.filter((word) => !STOP_WORDS.has(word));
  return new Set(telling.length > 0 ? telling : words);
}

/** Divides a line at the question's words. */
export function parts(line: string, words: ReadonlySet<string>): Part[] {
  return line
    .split(SPLIT)
    .filter((text) => text !== "")
    .map((text) => ({ text, matches: words.has(folded(text)) }));
}

/**
 * Returns the index of the first of at most `size` lines in a row with the most of the question's words, each counted
 * once; 0 if there are none.
 */
export function bestWindow(lines: readonly string[], words: ReadonlySet<string>, size: number): number {
  const found = lines.map((line) => new Set((line.match(WORD) ?? []).map(folded).filter((word) => words.has(word))));
  let best = 0;
  let most = 0;
  for (let start = 0; start < lines.length; start++) {
    // A window begins where something is to be seen.
    if (found[start]!.size === 0) continue;
    const count = new Set(found.slice(start, start + size).flatMap((set) => [...set])).size;
    if (count > most) [best, most] = [start, count];
  }
  return best;
}

const WORD = /[\p{L}\p{N}]+/gu;
const SPLIT = /([\p{L}\p{N}]+)/u;

/** Case, accents and the English plural make no difference. */
function folded(word: string): string {
  const plain = word
    .normalize("NFKD")
    .replace(/\p{M}+/gu, "")
    .toLowerCase();
  return plain.length > 3 && plain.endsWith("s") && !plain.endsWith("ss") ? plain.slice(0, -1) : plain;
}
