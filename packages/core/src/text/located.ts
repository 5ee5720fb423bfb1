import { sentences } from "./pieces.js";
import { segmenter } from "./segmenter.js";

/** The tokens of a text, each with the word it is a part of. */
export interface LocatedTokens {
  readonly ids: readonly number[];
  /** Where each token's word starts and ends in the text. */
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** The places among the tokens at which a sentence begins. */
  readonly sentences: readonly number[];
}

/** A longer stretch without spaces is of a script that has none. */
const LONGEST_WORD = 40;

/**
 * Tokenizes a text word by word. The ids are those of the whole text for tokenizers that divide it at white space first, as BERT's do;
 * others may have a few other ones.
 */
export function locate(text: string, encode: (word: string) => readonly number[]): LocatedTokens {
  const ids: number[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const begins: number[] = [];
  const sentenceStarts = sentences(text, { start: 0, end: text.length })
    .map(({ start }) => start)
    .values();
  let sentence = sentenceStarts.next();
  for (const [start, word] of wordsOf(text)) {
    const own = encode(word);
    if (own.length === 0) continue;
    if (!sentence.done && sentence.value <= start) begins.push(ids.length);
    while (!sentence.done && sentence.value <= start) sentence = sentenceStarts.next();
    for (const id of own) {
      ids.push(id);
      starts.push(start);
      ends.push(start + word.length);
    }
  }
  return { ids, starts, ends, sentences: begins };
}

function* wordsOf(text: string): Generator<readonly [start: number, word: string], void, undefined> {
  for (const { 0: word, index } of text.matchAll(/\S+/g)) {
    if (word.length <= LONGEST_WORD) yield [index, word];
    else for (const { index: inside, segment } of segmenter("word").segment(word)) yield [index + inside, segment];
  }
}
