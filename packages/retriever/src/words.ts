import { fold, foldCase, isAscii } from "./fold.js";

/**
 * Scripts without spaces between words: Han, kana, and Thai, Lao, Khmer and Burmese, whose marks belong to their
 * letters.
 */
const UNSPACED =
  "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}ー";
/** A run of such letters, or a word: letters, marks and digits of other scripts. */
const RUNS = new RegExp(`[${UNSPACED}][${UNSPACED}\\p{M}]*|[[\\p{L}\\p{M}\\p{N}]--[${UNSPACED}]]+`, "gv");
const ASCII_RUNS = /[A-Za-z0-9]+/g;
const STARTS_UNSPACED = new RegExp(`^[${UNSPACED}]`, "u");

/** A hyphen before a line break. The hyphen may belong to the word. */
const BREAK = /[-\u2010\u058A\u00AC][^\S\r\n\f\u2028\u2029]*[\r\n\f\u2028\u2029]\s*/;
const BREAKS = new RegExp(BREAK, "g");
const BROKEN = new RegExp(`(?<![\\p{L}\\p{M}])[\\p{L}\\p{M}]+(?:${BREAK.source}[\\p{L}\\p{M}]+)+`, "gu");
/** Versions, addresses, dates: three or more numbers. */
const DOTTED = /(?<![0-9])[0-9]+(?:\.[0-9]+){2,}/g;

/**
 * Where a part of an identifier begins: at a capital after a small letter, or at the last of several capitals before
 * one (except in "URLs").
 */
const PART = /(?=\p{Lu})(?:(?<=\p{Ll}[0-9]*)|(?<=[\p{Lu}0-9])(?=\p{Lu}(?!s$)\p{Ll}))/u;
/** A number and its unit, or a name and its number. A single letter with a number (x2, p53) is only one word. */
const MEASURE = /^(?:([0-9]+)(\p{L}+)|(\p{L}{2,})([0-9]+))$/u;

/** English words too common to be informative: Lucene's list. */
const STOP_WORDS = new Set(
  (
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to " +
    "was will with"
  ).split(" "),
);

/**
 * Returns the terms of a text for lexical search, for documents and queries alike: folded and lowercased words, English
 * plurals without their "s", English stop words left out; in scripts without spaces, every character and every pair of
 * neighbours. Compound spellings (`maxQueueSize`, `10kg`, `python3`) also yield their parts, and separated ones (a word
 * hyphenated at a line break, `1.2.3`) also yield the whole. Tuned on development sets; see docs/quality.md.
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

/** Adds a word, and its parts if it is a compound spelling. */
function addParts(run: string, words: string[]): void {
  const lower = foldCase(run);
  const word = addFolded(lower, words);
  // A single initial capital marks a sentence or a name.
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

/** Adds a word and returns it as added. Returns a stop word without adding it. */
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

/**
 * Harman's S stemmer ("How effective is suffixing?", 1991): handles only plurals, so that it hardly ever merges
 * unrelated words.
 */
function singular(word: string): string {
  if (word.length < 4 || !word.endsWith("s")) return word;
  const before = word.charAt(word.length - 3);
  if (word.endsWith("ies")) return "ae".includes(word.charAt(word.length - 4)) ? word : `${word.slice(0, -3)}y`;
  if (word.endsWith("es")) return "aeo".includes(before) ? word : word.slice(0, -1);
  return /[us]s$/.test(word.slice(-2)) ? word : word.slice(0, -1);
}
