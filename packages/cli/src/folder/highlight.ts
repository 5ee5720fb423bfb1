import { wordsOf } from "@bge-js/retriever/adapter";

/** A part of a line, and whether it is among the words of the question. */
export interface Part {
  readonly text: string;
  readonly matches: boolean;
}

/** Words that say nothing about what is asked for. */
const STOP_WORDS = new Set(
  (
    "a an and are as at be by can could do does for from has have how i if in is it its my not of on or our should that the their them there they this to was we what when where which who why will with would you your " +
    "的 了 是 在 有 和 吗 呢 吧 么 不 我 你 他 她 它 这 那 就 也 都 与 及 或 个 什么 怎么 如何 为什么 是否 可以 の は が を に へ と で も か です ます"
  ).split(" "),
);

/** Returns what the index would find a question by, as far as it can be shown in a text. */
export function questionWords(question: string): Set<string> {
  const words = pieces(question).filter(isWord);
  const telling = words.filter((word) => !STOP_WORDS.has(word.toLowerCase()));
  return new Set((telling.length > 0 ? telling : words).flatMap(termsOf));
}

/** Divides a line at the question's words. */
export function parts(line: string, words: ReadonlySet<string>): Part[] {
  return pieces(line).map((text) => ({ text, matches: isWord(text) && termsOf(text).some((term) => words.has(term)) }));
}

/**
 * Returns the index of the first of at most `size` lines in a row with the most of the question's words, each counted
 * once; 0 if there are none.
 */
export function bestWindow(lines: readonly string[], words: ReadonlySet<string>, size: number): number {
  const found = lines.map((line) => {
    const terms = pieces(line).filter(isWord).flatMap(termsOf);
    return new Set(terms.filter((term) => words.has(term)));
  });
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

/** Words, and what is between them. */
const SPLIT = /([\p{L}\p{M}\p{N}]+)/u;
const WORD = /[\p{L}\p{N}]/u;
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
let segmenter: Intl.Segmenter | undefined;

/** Divides a text into its words and what is between them. Where none is between them, they are those of a dictionary. */
function pieces(text: string): string[] {
  return text.split(SPLIT).flatMap((piece) => {
    if (!UNSPACED.test(piece)) return piece === "" ? [] : piece;
    segmenter ??= new Intl.Segmenter("zh", { granularity: "word" });
    return Array.from(segmenter.segment(piece), ({ segment }) => segment);
  });
}

function isWord(piece: string): boolean {
  return WORD.test(piece);
}

/** The terms by which the index knows a word, or the word itself if it is too common for it to know. */
function termsOf(word: string): string[] {
  const terms = wordsOf(word);
  if (terms.length === 0) return [word.toLowerCase()];
  // Of a word without spaces around it, pairs of characters tell more than single ones.
  return UNSPACED.test(word) && terms.length > 1 ? terms.filter((term) => Array.from(term).length > 1) : terms;
}
