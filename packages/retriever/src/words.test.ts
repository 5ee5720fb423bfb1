import { describe, expect, test } from "vitest";
import { wordsOf } from "./words.js";

describe("wordsOf", () => {
  test.each([
    ["The CATS sat, didn't they?", ["cat", "sat", "didn", "t"]],
    ["get_user_names(x2)", ["get", "user", "name", "x2"]],
    ["Größe Ёлка ﬁne ＡＢＣ", ["größe", "ёлка", "fine", "abc"]],
    ["classes buses countries gas is", ["classe", "buse", "country", "gas"]],
    ["", []],
    ["… — !", []],
  ])("%j: words in lower case, singular, without stop words", (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });

  test.each([
    ["股市跌", ["股", "市", "股市", "跌", "市跌"]],
    ["iPhone手机", ["iphone", "手", "机", "手机"]],
    ["東京タワー", ["東", "京", "東京", "タ", "京タ", "ワ", "タワ", "ー", "ワー"]],
    ["𠮷野", ["𠮷", "野", "𠮷野"]],
  ])("%j: characters and pairs where no spaces are written", (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });
});
