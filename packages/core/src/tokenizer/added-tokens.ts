import { SPACE } from "./character-classes.js";
import type { AddedToken } from "./tokenizer-json.js";

/** Splits a text into pieces and the ids of the added tokens between them. */
export type SplitAddedTokens = (text: string) => Iterable<string | number>;

const LITERAL = /[\\^$.*+?()[\]{}|/]/g;
const SPACE_CHARACTER = new RegExp(`[${SPACE}]`, "u");
const WORD = "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]";
const WORD_AT_START = new RegExp(`^${WORD}`, "u");
const WORD_AT_END = new RegExp(`${WORD}$`, "u");

/**
 * Finds added tokens as Rust does: leftmost, then longest match, subject to each token's conditions on its neighbours.
 */
export function splitAddedTokens(tokens: readonly (readonly [content: string, token: AddedToken])[]): SplitAddedTokens {
  const found = new Map(tokens.filter(([content]) => content !== ""));
  if (found.size === 0) return (text) => (text === "" ? [] : [text]);
  const longestFirst = [...found.keys()].sort((a, b) => b.length - a.length);
  const any = new RegExp(longestFirst.map((content) => content.replace(LITERAL, "\\$&")).join("|"), "gu");
  return function* (text) {
    let done = 0;
    for (const { 0: content, index } of text.matchAll(any)) {
      const token = found.get(content)!;
      let [start, end] = [index, index + content.length];
      if (start < done || (token.single_word && touchesWord(text, start, end))) continue;
      if (token.lstrip) while (start > done && SPACE_CHARACTER.test(text[start - 1]!)) start--;
      if (token.rstrip) while (end < text.length && SPACE_CHARACTER.test(text[end]!)) end++;
      if (done < start) yield text.slice(done, start);
      yield token.id;
      done = end;
    }
    if (done < text.length) yield text.slice(done);
  };
}

function touchesWord(text: string, start: number, end: number): boolean {
  // Any character fits into two UTF-16 units.
  return WORD_AT_END.test(text.slice(Math.max(0, start - 2), start)) || WORD_AT_START.test(text.slice(end, end + 2));
}
