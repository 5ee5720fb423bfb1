/** Scripts that write no spaces between words: Han, kana, and Thai, Lao, Khmer and Burmese, whose marks belong to their letters. */
const UNSPACED =
  "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}ー";
/** A stretch of such letters, or a word: letters, marks and digits of the other scripts. */
const RUNS = new RegExp(`([${UNSPACED}][${UNSPACED}\\p{M}]*)|(?:(?![${UNSPACED}])[\\p{L}\\p{M}\\p{N}])+`, "gu");

/** English words that are in so many texts that they tell nothing: Lucene's list. */
const STOP_WORDS = new Set(
  (
    "a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to " +
    "was will with"
  ).split(" "),
);

/**
 * The terms of a text for lexical search: words in lower case (NFKC), English plurals without their "s", English stop words left
 * out; of scripts without spaces every character and every pair of neighbours. Chosen on development sets; see the README.
 */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const [run, unspaced] of text.normalize("NFKC").toLowerCase().matchAll(RUNS)) {
    if (unspaced !== undefined) addCharacters(unspaced, words);
    else if (!STOP_WORDS.has(run)) words.push(singular(run));
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
