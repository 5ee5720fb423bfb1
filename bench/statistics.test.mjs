import { describe, expect, it } from "vitest";
import { median, quantile, ratio, slope, smallestCosine, spread } from "./statistics.mjs";

describe("statistics", () => {
  it("takes the middle, and between two middles the mean", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(spread([3, 1, 2])).toEqual({ median: 2, low: 1, high: 3 });
  });

  it("has the largest value for p99 of few values, and leaves the list as it is", () => {
    const values = [5, 1, 4, 2, 3];
    expect(quantile(values, 0.99)).toBe(5);
    expect(quantile(values, 0)).toBe(1);
    expect(quantile(values, 0.5)).toBe(3);
    expect(values).toEqual([5, 1, 4, 2, 3]);
    const thousand = Array.from({ length: 1000 }, (_, i) => i);
    expect(quantile(thousand, 0.99)).toBe(990);
  });

  it("divides round by round, so that a slow round does not move the ratio", () => {
    expect(ratio([100, 10, 100], [50, 5, 50])).toEqual({ median: 2, low: 2, high: 2 });
  });

  it("leaves out rounds that one side lacks", () => {
    expect(ratio([100, Number.NaN, 90], [50, 5, 30])).toEqual({ median: 2.5, low: 2, high: 3 });
    expect(ratio([100, 1], [50])).toEqual({ median: 2, low: 2, high: 2 });
    expect(ratio([], [])).toBeUndefined();
    expect(ratio([Number.NaN], [1])).toBeUndefined();
  });

  it("fits a line", () => {
    expect(
      slope([
        [0, 1],
        [10, 21],
        [20, 41],
      ]),
    ).toBeCloseTo(2);
    expect(
      slope([
        [0, 5],
        [10, 5],
      ]),
    ).toBe(0);
  });

  it("finds the worst pair, whatever the vectors' lengths", () => {
    expect(
      smallestCosine(
        [
          [1, 0],
          [2, 0],
        ],
        [
          [3, 0],
          [0, 1],
        ],
      ),
    ).toBe(0);
    expect(smallestCosine([[1, 0]], [[-1, 0]])).toBe(-1);
    expect(smallestCosine([[1, 2]], [[2, 4]])).toBeCloseTo(1);
  });
});
