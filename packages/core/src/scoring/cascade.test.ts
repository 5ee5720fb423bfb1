import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cascade, fuse } from "./cascade.js";

describe("fuse", () => {
  test("sums standard deviations above the mean, by weight", () => {
    // 1, 2, 3: mean 2, deviation sqrt(2 / 3); 10, 30, 20: mean 20, deviation sqrt(200 / 3).
    const z = Math.sqrt(3 / 2);
    const fused = fuse(
      [
        { weight: 2, scores: [1, 2, 3] },
        { weight: 1, scores: [10, 30, 20] },
      ],
      3,
    );
    const expected = [-3 * z, z, 2 * z];
    for (const [i, score] of expected.entries()) expect(fused[i]).toBeCloseTo(score, 12);
  });

  test("counts a candidate that cannot be scored as the mean of the others", () => {
    const scores = [0.5, 0.9, undefined];
    expect([...fuse([{ weight: 2, scores, unscored: "mean" }], 3)]).toEqual(
      [-2, 2, 0].map((one) => expect.closeTo(one, 12)),
    );
  });

  test("counts an unscored candidate as the worst scored one", () => {
    const [a, b, c] = fuse([{ weight: 1, scores: [0.5, 0.9, undefined] }], 3);
    expect(b).toBeCloseTo(1, 12);
    expect(a).toBeCloseTo(-1, 12);
    expect(c).toBe(a);
  });

  test("ignores identical scores, and none", () => {
    expect([...fuse([{ weight: 1, scores: [7, 7] }], 2)]).toEqual([0, 0]);
    expect([...fuse([{ weight: 1, scores: [undefined, undefined] }], 2)]).toEqual([0, 0]);
    expect([...fuse([], 0)]).toEqual([]);
  });

  test("does not depend on a stage's scale", () => {
    const scores = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(scores, fc.integer({ min: 1, max: 9 }), fc.integer({ min: -9, max: 9 }), (scores, scale, shift) => {
        const fused = fuse([{ weight: 1, scores }], scores.length);
        const moved = fuse([{ weight: 1, scores: scores.map((score) => score * scale + shift) }], scores.length);
        for (const [i, score] of fused.entries()) expect(moved[i]).toBeCloseTo(score, 9);
      }),
    );
  });
});

describe("cascade", () => {
  const stage = (weight: number, depth: number, scores: readonly (number | undefined)[]) => {
    const asked: number[][] = [];
    return {
      asked,
      weight,
      depth,
      score: async (positions: readonly number[]) => {
        asked.push([...positions]);
        return positions.map((position) => scores[position]);
      },
    };
  };

  test("each stage reads as many of the best so far as it wants, and its scores count with the others", async () => {
    const late = stage(1, 4, [0.1, 0.9, 0.5, 0.7]);
    const cross = stage(2, 2, [9, -1, 0, 3]);
    const { order, scores } = await cascade(4, [], [late, cross]);
    expect(late.asked).toEqual([[0, 1, 2, 3]]);
    expect(cross.asked).toEqual([[1, 3]]);
    expect(order[0]).toBe(3);
    expect([...scores]).toEqual([
      ...fuse(
        [
          { weight: 1, scores: [0.1, 0.9, 0.5, 0.7] },
          { weight: 2, scores: [undefined, -1, undefined, 3] },
        ],
        4,
      ),
    ]);
  });

  test("initial scores decide what the first stage reads; unscored candidates count as the worst", async () => {
    const late = stage(1, 2, [1, 2, undefined, 4]);
    const { order } = await cascade(4, [{ weight: 1, scores: [0, 3, 2, 1] }], [late]);
    expect(late.asked).toEqual([[1, 2]]);
    expect(order).toHaveLength(4);
    expect(order[0]).toBe(1);
  });

  test("no candidates, and uninformative stages", async () => {
    expect(await cascade(0, [], [stage(1, 3, [])])).toEqual({ order: [], scores: new Float64Array(0) });
    expect((await cascade(3, [], [stage(1, 3, [5, 5, 5])])).order).toEqual([0, 1, 2]);
  });
});
