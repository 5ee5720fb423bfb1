import fc from "fast-check";
import { expect, test } from "vitest";
import { BgeError } from "../api/errors.js";
import { wordPiece } from "./word-piece.js";

const PIECES = ["[UNK]", "a", "ab", "abc", "😀", "##b", "##c", "##bc", "##😀", "##a"];
const vocabulary = new Map(PIECES.map((piece, id) => [piece, id]));
const STEP = { vocab: {}, unk_token: "[UNK]", max_input_chars_per_word: 8 };

function piecesOf(words: readonly string[], ids: ReadonlyMap<string, number> = vocabulary): (string | undefined)[] {
  const found: (string | undefined)[] = [];
  wordPiece(STEP, ids)(words, { push: (id) => found.push(PIECES[id]) });
  return found;
}

test.each([
  ["abc", ["abc"]],
  ["abbc", ["ab", "##bc"]],
  ["aca", ["a", "##c", "##a"]],
  ["a😀b", ["a", "##😀", "##b"]],
  ["😀😀", ["😀", "##😀"]],
  // Only the greedy split is tried, and a word is never partly known.
  ["abcx", ["[UNK]"]],
  ["b", ["[UNK]"]],
  ["\ude00", ["[UNK]"]],
  ["", []],
])("%s is %j", (word, pieces) => {
  expect(piecesOf([word])).toEqual(pieces);
});

test("a word may have a limited number of characters, not of UTF-16 units", () => {
  for (const character of ["a", "😀"]) {
    expect(piecesOf([character.repeat(8)])).toHaveLength(8);
    expect(piecesOf([character.repeat(9)])).toEqual(["[UNK]"]);
    expect(piecesOf([character.repeat(100_000)])).toEqual(["[UNK]"]);
  }
});

test("the pieces of a known word add up to the word", () => {
  const words = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "c", "😀"), minLength: 1, maxLength: 8 }));
  fc.assert(
    fc.property(words, (list) => {
      for (const word of list) {
        const pieces = piecesOf([word]);
        if (pieces[0] === "[UNK]") expect(pieces).toHaveLength(1);
        else expect(pieces.map((piece) => piece!.replace("##", "")).join("")).toBe(word);
      }
      expect(piecesOf(list)).toEqual(list.flatMap((word) => piecesOf([word])));
    }),
  );
});

test("an unknown word is an error if there is no unknown token; known words are not", () => {
  const lacking = new Map([...vocabulary].filter(([piece]) => piece !== "[UNK]"));
  expect(piecesOf(["ab"], lacking)).toEqual(["ab"]);
  expect(() => piecesOf(["ab", "x"], lacking)).toThrow(BgeError);
});
