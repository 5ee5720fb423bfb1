import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maxSim } from "./similarity.js";

/** As the definition says it, row by row. */
function naive(query: readonly number[][], document: readonly number[][]): number {
  const best = query.map((q) => Math.max(...document.map((t) => q.reduce((sum, value, d) => sum + value * t[d]!, 0))));
  return best.reduce((sum, value) => sum + value, 0) / query.length;
}

describe("maxSim", () => {
  test("is the mean over the query's rows of the best dot product with a row of the document", () => {
    const sides = fc.integer({ min: 1, max: 19 }).chain((dimensions) => {
      const value = fc.float({ min: -1, max: 1, noNaN: true });
      const row = fc.array(value, { minLength: dimensions, maxLength: dimensions });
      const rows = fc.array(row, { minLength: 1, maxLength: 9 });
      return fc.tuple(rows, rows, fc.constant(dimensions));
    });
    fc.assert(
      fc.property(sides, ([query, document, dimensions]) => {
        const score = maxSim(Float32Array.from(query.flat()), Float32Array.from(document.flat()), dimensions);
        expect(score).toBeCloseTo(naive(query, document), 5);
      }),
    );
  });

  test("of normalised rows with themselves is 1, and knows negative cosines", () => {
    expect(maxSim(Float32Array.of(1, 0, 0, 1), Float32Array.of(0, 1, 1, 0), 2)).toBe(1);
    expect(maxSim(Float32Array.of(1, 0), Float32Array.of(-1, 0), 2)).toBe(-1);
  });

  test("does not lose NaN in a comparison", () => {
    expect(maxSim(Float32Array.of(1, 0), Float32Array.of(Number.NaN, 0, 1, 0), 2)).toBeNaN();
    expect(maxSim(Float32Array.of(1, 0), Float32Array.of(1, 0, Number.NaN, 0), 2)).toBeNaN();
  });
});
