/** Scripts that write no spaces between words: Han, kana, and Thai, Lao, Khmer and Burmese, whose marks belong to their letters. */
const UNSPACED =
  "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}ー";
/** A stretch of such letters, or a word: letters, marks and digits of the other scripts. */
const RUNS = new RegExp(`([${UNSPACED}][${UNSPACED}\\p{M}]*)|(?:(?![${UNSPACED}])[\\p{L}\\p{M}\\p{N}])+`, "gu");

/**
 * The terms of a text for lexical search: words in lower case (NFKC), English plurals without their "s"; of scripts without
 * spaces every character and every pair of neighbours. Measured on the development sets; see the README of tools/evaluate.
 */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const [run, unspaced] of text.normalize("NFKC").toLowerCase().matchAll(RUNS)) {
    if (unspaced === undefined) words.push(singular(run));
    else addCharacters(unspaced, words);
  }
  return words;
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
  if (word.endsWith("ies")) return /[ae]ies$/.test(word) ? word : `${word.slice(0, -3)}y`;
  if (word.endsWith("es")) return /[aeo]es$/.test(word) ? word : word.slice(0, -1);
  return /[us]s$/.test(word) ? word : word.slice(0, -1);
}
