import { fold, foldCase, isAscii } from "./fold.js";

/** Scripts that write no spaces between words: Han, kana, and Thai, Lao, Khmer and Burmese, whose marks belong to their letters. */
const UNSPACED =
  "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}ー";
/** A stretch of such letters, or a word: letters, marks and digits of the other scripts. */
const RUNS = new RegExp(`[${UNSPACED}][${UNSPACED}\\p{M}]*|[[\\p{L}\\p{M}\\p{N}]--[${UNSPACED}]]+`, "gv");
const ASCII_RUNS = /[A-Za-z0-9]+/g;
const STARTS_UNSPACED = new RegExp(`^[${UNSPACED}]`, "u");

/** Hyphens, and where a line ends behind one; the hyphen may be the word's own. */
const BREAK = /[-\u2010\u058A\u00AC][^\S\r\n\f\u2028\u2029]*[\r\n\f\u2028\u2029]\s*/;
const BREAKS = new RegExp(BREAK, "g");
const BROKEN = new RegExp(`(?<![\\p{L}\\p{M}])[\\p{L}\\p{M}]+(?:${BREAK.source}[\\p{L}\\p{M}]+)+`, "gu");
/** Versions, addresses, dates: three numbers and more. */
const DOTTED = /(?<![0-9])[0-9]+(?:\.[0-9]+){2,}/g;

/** Where a part of an identifier begins: a capital behind a small letter, or the last of several before one (but for "URLs"). */
const PART = /(?=\p{Lu})(?:(?<=\p{Ll}[0-9]*)|(?<=[\p{Lu}0-9])(?=\p{Lu}(?!s$)\p{Ll}))/u;
/** A number and its unit, or a name and its number; a letter with a number (x2, p53) is one word alone. */
const MEASURE = /^(?:([0-9]+)(\p{L}+)|(\p{L}{2,})([0-9]+))$/u;

/** English words that are in so many texts that they tell nothing: Lucene's list. */
const STOP_WORDS = new Set(
  (
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to " +
    "was will with"
  ).split(" "),
);

/**
 * The terms of a text for lexical search, the same for documents and queries: words as `fold` gives them, in lower case, English
 * plurals without their "s", English stop words left out; of scripts without spaces every character and every pair of neighbours.
 * Beside the whole word the parts of what is written together (`maxQueueSize`, `10kg`, `python3`), and beside the parts the whole
 * of what is written apart (a word hyphenated at a line's end, `1.2.3`). Chosen on development sets; see docs/quality.md.
 */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  const folded = fold(text);
  for (const run of folded.match(isAscii(folded) ? ASCII_RUNS : RUNS) ?? []) {
    if (run.charCodeAt(0) > 0x7f && STARTS_UNSPACED.test(run)) addCharacters(run, words);
    else addParts(run, words);
  }
  for (const numbers of folded.match(DOTTED) ?? []) words.push(numbers);
  if (BREAK.test(folded)) for (const [broken] of folded.matchAll(BROKEN)) addWord(broken.replace(BREAKS, ""), words);
  return words;
}

/** A word, and the parts of it if it is written together. */
function addParts(run: string, words: string[]): void {
  const lower = foldCase(run);
  const word = addFolded(lower, words);
  // One capital at the beginning is a sentence's, or a name's.
  const parts = lower === run || lower.endsWith(run.slice(1)) ? [] : run.split(PART);
  if (parts.length > 1) {
    for (const part of parts) addNumber(addWord(part, words), words);
  } else addNumber(word, words);
}

function addNumber(word: string, words: string[]): void {
  if (isDigit(word.charCodeAt(0)) === isDigit(word.charCodeAt(word.length - 1))) return;
  for (const part of MEASURE.exec(word)?.slice(1) ?? []) if (part !== undefined) addWord(part, words);
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function addWord(run: string, words: string[]): string {
  return addFolded(foldCase(run), words);
}

/** Gives what it added, or what a stop word is. */
function addFolded(word: string, words: string[]): string {
  if (STOP_WORDS.has(word)) return word;
  const stem = singular(word);
  words.push(stem);
  return stem;
}

function addCharacters(run: string, words: string[]): void {
  let before: string | undefined;
  for (const character of run) {
    words.push(character);
    if (before !== undefined) words.push(before + character);
    before = character;
  }
}

/** Harman's S stemmer ("How effective is suffixing?", 1991): plurals alone, so that it hardly ever joins unlike words. */
function singular(word: string): string {
  if (word.length < 4 || !word.endsWith("s")) return word;
  const before = word.charAt(word.length - 3);
  if (word.endsWith("ies")) return "ae".includes(word.charAt(word.length - 4)) ? word : `${word.slice(0, -3)}y`;
  if (word.endsWith("es")) return "aeo".includes(before) ? word : word.slice(0, -1);
  return /[us]s$/.test(word.slice(-2)) ? word : word.slice(0, -1);
}
