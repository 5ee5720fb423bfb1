import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLexicalIndex } from "./bm25.js";

const TEXTS = [
  "The cat sat on the mat.",
  "A dog chased the cat, and the cat ran.",
  "Dogs and cats are animals; dogs bark.",
  "Stock markets fell sharply today.",
  "今天股市大跌。",
  "Markets of fruit: apples, pears, and more apples and apples.",
];

function indexOf(texts: readonly string[]) {
  const index = createLexicalIndex();
  for (const [slot, text] of texts.entries()) index.add(slot, text);
  return index;
}

describe("BM25", () => {
  // Python's bm25s 0.2 (method "lucene", k1 1.2, b 0.75, float64) over the same words.
  test.each([
    ["cats and dogs", [0.39608410317711157, 0.9567761155854951, 1.0132808494443155, 0, 0, 0]],
    ["markets today", [0, 0, 0, 1.253689979574784, 0, 0.4381359222047482]],
    ["股市", [0, 0, 0, 0, 1.5665542789293039, 0]],
  ])("%j: the scores of the reference", (query, expected) => {
    const scores = indexOf(TEXTS).score(query, TEXTS.length);
    for (const [slot, score] of expected.entries()) expect(scores[slot]).toBeCloseTo(score, 12);
  });

  test("two texts, by hand", () => {
    // N = 2, n = 1, mean length 3; idf = ln(1 + 1.5 / 1.5) = ln 2; norms of length 2 and 4: 1.2 * (0.25 + 0.75 * length / 3).
    const index = indexOf(["red apple", "green pear green pear"]);
    expect([...index.score("red", 2)]).toEqual([Math.log(2) / (1 + 1.2 * 0.75), 0]);
    expect([...index.score("pear pear", 2)]).toEqual([0, (2 * Math.log(2) * 2) / (2 + 1.2 * 1.25)]);
    expect([...index.score("plum the", 2)]).toEqual([0, 0]);
  });

  test("no texts, and texts without words, have no scores", () => {
    expect([...createLexicalIndex().score("cat", 0)]).toEqual([]);
    expect([...indexOf(["", "the"]).score("the cat", 2)]).toEqual([0, 0]);
  });

  test("removed and swept texts leave no trace", () => {
    const word = fc.constantFrom("red", "green", "blue", "pear", "apple", "plum");
    const text = fc.array(word, { maxLength: 6 }).map((words) => words.join(" "));
    const texts = fc.array(fc.record({ text, gone: fc.boolean() }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(texts, text, fc.boolean(), (list, query, sweeps) => {
        const index = indexOf(list.map(({ text }) => text));
        const gone = list.flatMap((one, slot) => (one.gone ? [slot] : []));
        for (const slot of gone) index.remove(slot, list[slot]!.text);
        if (sweeps) index.sweep(new Set(gone));
        const fresh = createLexicalIndex();
        for (const [slot, one] of list.entries()) if (!one.gone) fresh.add(slot, one.text);
        const scores = index.score(query, list.length);
        const expected = fresh.score(query, list.length);
        for (const [slot, one] of list.entries()) {
          if (!one.gone) expect(scores[slot]).toBeCloseTo(expected[slot]!, 12);
          else if (sweeps) expect(scores[slot]).toBe(0);
        }
      }),
    );
  });
});
