import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { scoresByCandidates } from "./late-interaction-scores.js";

/** As returned by `bestMatches`: cosines, then hits. */
const numbers = (cosines: readonly number[], hits: readonly number[]) => Float32Array.from([...cosines, ...hits]);

describe("scoresByCandidates", () => {
  test("by hand: a token of one document in two, one of both, and [SEP]", () => {
    const scores = scoresByCandidates([numbers([0.5, 1, 0.25], [1, 1, -1]), numbers([1, 0.5, 0.25], [0, 1, -1])]);
    const [rare, common] = [Math.log(3 / 1.5) + 1, Math.log(3 / 2.5) + 1];
    const special = (rare + common) / 4;
    const sum = rare + common + special;
    expect(scores[0]).toBeCloseTo((0.5 * rare + common + 0.25 * special) / sum, 6);
    expect(scores[1]).toBeCloseTo((rare + 0.5 * common + 0.25 * special) / sum, 6);
  });

  test("a token that no document has counts for half its rarity", () => {
    const [first] = scoresByCandidates([numbers([1, 0], [0, 1])]);
    const [absent, present] = [(Math.log(2 / 0.5) + 1) / 2, Math.log(2 / 1.5) + 1];
    expect(first).toBeCloseTo(absent / (absent + present), 6);
  });

  test("nothing but special tokens, and no documents", () => {
    expect(scoresByCandidates([numbers([0.5, 0.25], [-1, -1])])).toEqual([0.375]);
    expect(scoresByCandidates([])).toEqual([]);
  });

  test("lies between the smallest and the largest cosine, independently of the order of documents", () => {
    const list = fc.integer({ min: 1, max: 8 }).chain((rows) => {
      const special = fc.array(fc.boolean(), { minLength: rows, maxLength: rows });
      const cosine = fc.float({ min: -1, max: 1, noNaN: true });
      const document = fc.array(fc.tuple(cosine, fc.boolean()), { minLength: rows, maxLength: rows });
      return fc.tuple(special, fc.array(document, { minLength: 1, maxLength: 9 }));
    });
    fc.assert(
      fc.property(list, ([special, documents]) => {
        const given = documents.map((rows) =>
          numbers(
            rows.map(([cosine]) => cosine),
            rows.map(([, hit], i) => (special[i] ? -1 : Number(hit))),
          ),
        );
        const scores = scoresByCandidates(given);
        for (const [i, score] of scores.entries()) {
          const cosines = documents[i]!.map(([cosine]) => cosine);
          expect(score).toBeGreaterThanOrEqual(Math.min(...cosines) - 1e-6);
          expect(score).toBeLessThanOrEqual(Math.max(...cosines) + 1e-6);
        }
        const backwards = scoresByCandidates(given.toReversed()).reverse();
        for (const [i, score] of backwards.entries()) expect(score).toBeCloseTo(scores[i]!, 9);
      }),
    );
  });
});
