import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bm25 } from "./bm25.js";
import { createWordIndex } from "./postings.js";
import { createSlices } from "./slices.js";
import { wordsOf } from "./words.js";

const TEXTS = [
  "The cat sat on the mat.",
  "A dog chased the cat, and the cat ran.",
  "Dogs and cats are animals; dogs bark.",
  "Stock markets fell sharply today.",
  "今天股市大跌。",
  "Markets of fruit: apples, pears, and more apples and apples.",
];

/** Texts in slots of their own, some of them removed. */
async function scored(query: string, texts: readonly string[], gone: ReadonlySet<number> = new Set(), sweeps = false) {
  const index = createWordIndex();
  const lists = texts.map(wordsOf);
  for (const [slot, words] of lists.entries()) index.add(slot, words);
  const isThere = (slot: number) => !gone.has(slot);
  if (sweeps) await index.sweep(isThere, createSlices());
  const there = lists.filter((_, slot) => isThere(slot));
  return bm25(
    query,
    {
      size: texts.length,
      count: there.length,
      words: there.flat().length,
      lengths: lists.map(({ length }) => length),
      born: () => lists.map((_, slot) => (isThere(slot) ? 1 : 0)),
      latest: 1,
    },
    (word) => [index.get(word) ?? []],
  );
}

describe("BM25", () => {
  // Python's bm25s 0.2 (method "lucene", k1 1.2, b 0.75, float64) over the same words.
  test.each([
    ["cats and dogs", [0.39608410317711157, 0.9567761155854951, 1.0132808494443155, 0, 0, 0]],
    ["markets today", [0, 0, 0, 1.253689979574784, 0, 0.4381359222047482]],
    ["股市", [0, 0, 0, 0, 1.5665542789293039, 0]],
  ])("%j: the scores of the reference", async (query, expected) => {
    const scores = await scored(query, TEXTS);
    for (const [slot, score] of expected.entries()) expect(scores[slot]).toBeCloseTo(score, 12);
  });

  test("two texts, by hand", async () => {
    // N = 2, n = 1, mean length 3; idf = ln(1 + 1.5 / 1.5) = ln 2; norms of length 2 and 4: 1.2 * (0.25 + 0.75 * length / 3).
    const texts = ["red apple", "green pear green pear"];
    expect([...(await scored("red", texts))]).toEqual([Math.log(2) / (1 + 1.2 * 0.75), 0]);
    expect([...(await scored("pear pear", texts))]).toEqual([0, (2 * Math.log(2) * 2) / (2 + 1.2 * 1.25)]);
    expect([...(await scored("plum the", texts))]).toEqual([0, 0]);
  });

  test("no texts, and texts without words, have no scores", async () => {
    expect([...(await scored("cat", []))]).toEqual([]);
    expect([...(await scored("the cat", ["", "the"]))]).toEqual([0, 0]);
  });

  test("removed texts leave no trace, swept or not", async () => {
    const word = fc.constantFrom("red", "green", "blue", "pear", "apple", "plum");
    const text = fc.array(word, { maxLength: 6 }).map((words) => words.join(" "));
    const texts = fc.array(fc.record({ text, gone: fc.boolean() }), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(texts, text, fc.boolean(), async (list, query, sweeps) => {
        const gone = new Set(list.flatMap((one, slot) => (one.gone ? [slot] : [])));
        const scores = await scored(
          query,
          list.map(({ text }) => text),
          gone,
          sweeps,
        );
        const kept = list.flatMap((one, slot) => (one.gone ? [] : [slot]));
        const expected = await scored(
          query,
          kept.map((slot) => list[slot]!.text),
        );
        expect([...scores]).toEqual(list.map((_, slot) => (gone.has(slot) ? 0 : expected[kept.indexOf(slot)])));
      }),
    );
  });
});
