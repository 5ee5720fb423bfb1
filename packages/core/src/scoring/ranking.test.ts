import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rank } from "./ranking.js";

// Few values, so that there are ties.
const scores = fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 40 });

describe("rank", () => {
  test("is a permutation of the input, best first, ties in input order", () => {
    fc.assert(
      fc.property(scores, (given) => {
        const ranked = rank(given, {});
        expect(ranked.map(({ index }) => index).sort((a, b) => a - b)).toEqual(given.map((_, index) => index));
        for (const [place, { index, score }] of ranked.entries()) {
          expect(score).toBe(given[index]);
          const next = ranked[place + 1];
          if (next !== undefined) expect(score > next.score || (score === next.score && index < next.index)).toBe(true);
        }
      }),
    );
  });

  test("`topN` keeps the first ones, `threshold` those of at least that score", () => {
    fc.assert(
      fc.property(
        scores,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: -4, max: 4 }),
        (given, topN, threshold) => {
          const ranked = rank(given, {});
          expect(rank(given, { topN })).toEqual(ranked.slice(0, topN));
          const good = ranked.filter(({ score }) => score >= threshold);
          expect(rank(given, { threshold })).toEqual(good);
          expect(rank(given, { threshold, topN })).toEqual(good.slice(0, topN));
        },
      ),
    );
  });

  test("a `topN` above the count returns all", () => {
    expect(rank([1, 2], { topN: 9 })).toEqual([
      { index: 1, score: 2 },
      { index: 0, score: 1 },
    ]);
    expect(rank([], { topN: 3 })).toEqual([]);
  });
});
