import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NASTY } from "../../../../test/support/odd-texts.js";
import { openTokenizer } from "../adapter/tokenizer.js";
import { locate } from "./located.js";

const { encode } = openTokenizer(undefined, {});

describe("a text's tokens, word by word", () => {
  const isSpaceOfOne = /[\ufeff\u0085]/; // white space to JavaScript alone, or to Rust alone
  const texts = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 200 }),
    fc.array(
      fc.constantFrom("A bear.", " ", "\n", "It swims! ", "naïve", "E-4712", "日本語", "🙂", "don't", "x".repeat(90)),
    ),
  );

  test("are those of the whole text, each in its word", () => {
    const check = (text: string) => {
      const { ids, starts, ends, sentences } = locate(text, encode);
      expect(ids).toEqual(encode(text));
      expect(sentences).toEqual([...new Set(sentences)].sort((a, b) => a - b));
      expect(sentences[0] ?? 0).toBe(0);
      for (const [i, start] of starts.entries()) {
        expect(start).toBeLessThan(ends[i]!);
        expect(ends[i]!).toBeLessThanOrEqual(text.length);
        if (i > 0) expect(start).toBeGreaterThanOrEqual(starts[i - 1]!);
        expect(encode(text.slice(start, ends[i]))).toContain(ids[i]);
      }
    };
    fc.assert(
      fc.property(texts, (parts) => {
        const text = (typeof parts === "string" ? parts : parts.join("")).toWellFormed();
        fc.pre(!isSpaceOfOne.test(text) && !text.split(/\s+/).some((word) => word.length > 40 && !/^x+$/.test(word)));
        check(text);
      }),
    );
    for (const [, text] of NASTY.filter(([, text]) => text.length < 1000 && !isSpaceOfOne.test(text))) {
      if (!text.split(/\s+/).some((word) => word.length > 40)) check(text);
    }
  });

  test("begin with a sentence wherever one begins", () => {
    const text = "A bear swims. It is\nwarm today.\n\nWho sleeps? ";
    const { starts, sentences } = locate(text, encode);
    expect(sentences.map((at) => text.slice(starts[at]!, starts[at]! + 4))).toEqual(["A be", "It i", "Who "]);
  });
});
