import { BgeError } from "../api/errors.js";
import type { Model } from "./library.js";
import type { WordPieceStep } from "./tokenizer-json.js";

/**
 * Splits words greedily, as Rust does: the longest matching piece, then the longest continuation. A word that cannot be
 * split completely is unknown as a whole.
 */
export function wordPiece(step: WordPieceStep, vocabulary: ReadonlyMap<string, number>): Model {
  const { continuing_subword_prefix: prefix = "##", max_input_chars_per_word: most = 100, unk_token } = step;
  const unknown = vocabulary.get(unk_token);

  function piecesOf(word: string): readonly number[] | undefined {
    if (isLonger(word, most)) return undefined;
    const pieces: number[] = [];
    for (let start = 0, end = 0; start < word.length; start = end) {
      let id: number | undefined;
      for (end = word.length; end > start; end -= isPair(word, end) ? 2 : 1) {
        const part = word.slice(start, end);
        id = vocabulary.get(start === 0 ? part : prefix + part);
        if (id !== undefined) break;
      }
      if (id === undefined) return undefined;
      pieces.push(id);
    }
    return pieces;
  }

  return (words, ids) => {
    for (const word of words) {
      const pieces = piecesOf(word);
      if (pieces !== undefined) for (const id of pieces) ids.push(id);
      else if (unknown !== undefined) ids.push(unknown);
      else {
        const message = `tokenizer.json has no entry for its unknown token ${unk_token}, but a text has an unknown word. Download it again.`;
        throw new BgeError("MODEL_CORRUPT", message);
      }
    }
  };
}

/** Compares in characters, each of which has at most two UTF-16 units. */
function isLonger(word: string, most: number): boolean {
  if (word.length <= most) return false;
  return word.length > 2 * most || Array.from(word).length > most;
}

/** True if a character of two UTF-16 units ends here. */
function isPair(text: string, end: number): boolean {
  return (text.charCodeAt(end - 1) & 0xfc00) === 0xdc00;
}
