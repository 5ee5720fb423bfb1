import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { askedTokens } from "./match.js";
import { bestPassage } from "./passage.js";

const NONE: ReadonlySet<number> = new Set();
/** A query of these ids; a document with a row for each of its ids, whose cosine with a query's row is given. */
function compared(asked: readonly number[], ids: readonly number[], cosine: (id: number, asked: number) => number) {
  const rows = [...new Set(ids)];
  const cosines = Float32Array.from(rows.flatMap((id) => asked.map((one) => cosine(id, one))));
  const tokens = { ids: Int32Array.from(rows), starts: Int32Array.from(rows.keys()) };
  return [askedTokens(Int32Array.from(asked), NONE), { tokens, cosines, stride: asked.length }] as const;
}
const same = (id: number, asked: number) => (id === asked ? 0.9 : 0.1);
const even = (length: number) => Array.from({ length }, () => 1);

describe("the best passage", () => {
  const ids = Array.from({ length: 40 }, (_, i) => i);
  const sentences = [0, 8, 16, 24, 32];

  test("begins with the sentence that has what is asked for", () => {
    const [query, document] = compared([17, 20], ids, same);
    expect(bestPassage(query, even(2), document, { ids, sentences }, 8)).toEqual([16, 24]);
  });

  test("is all of a short text, and at the end reads what is before it, too", () => {
    const [query, document] = compared([38], ids, same);
    expect(bestPassage(query, [1], document, { ids, sentences }, 40)).toEqual([0, 40]);
    expect(bestPassage(query, [1], document, { ids, sentences }, 12)).toEqual([28, 40]);
  });

  test("follows the weights of the query's tokens", () => {
    const [query, document] = compared([3, 27], ids, same);
    expect(bestPassage(query, [3, 1], document, { ids, sentences }, 8)).toEqual([0, 8]);
    expect(bestPassage(query, [1, 3], document, { ids, sentences }, 8)).toEqual([24, 32]);
  });

  test("is no worse than that of any other sentence, whatever the rows", () => {
    const cosines = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 20, maxLength: 20 });
    const texts = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(texts, cosines, fc.integer({ min: 1, max: 30 }), (ids, values, most) => {
        const cosine = (id: number, asked: number) => values[id + 10 * (asked - 100)]!;
        const [query, document] = compared([100, 101], ids, cosine);
        const sentences = ids.flatMap((_, at) => (at % 5 === 0 ? [at] : []));
        const scoreOf = (from: number, to: number) =>
          [100, 101].reduce((sum, asked) => sum + Math.max(...ids.slice(from, to).map((id) => cosine(id, asked))), 0);
        const [from, to] = bestPassage(query, even(2), document, { ids, sentences }, most);
        expect(to - from).toBe(Math.min(most, ids.length));
        for (const start of sentences) {
          const first = Math.max(0, Math.min(start, ids.length - most));
          expect(scoreOf(from, to)).toBeGreaterThanOrEqual(scoreOf(first, first + most) - 1e-5);
        }
      }),
    );
  });
});
