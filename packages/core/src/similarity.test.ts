import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { hybridScore, maxSim, similarity, topK } from "./similarity.js";

/** Computes the definition literally, row by row. */
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

  test("is 1 for normalised rows with themselves, and allows negative cosines", () => {
    expect(maxSim(Float32Array.of(1, 0, 0, 1), Float32Array.of(0, 1, 1, 0), 2)).toBe(1);
    expect(maxSim(Float32Array.of(1, 0), Float32Array.of(-1, 0), 2)).toBe(-1);
  });

  test("does not drop NaN in a comparison", () => {
    expect(maxSim(Float32Array.of(1, 0), Float32Array.of(Number.NaN, 0, 1, 0), 2)).toBeNaN();
    expect(maxSim(Float32Array.of(1, 0), Float32Array.of(1, 0, Number.NaN, 0), 2)).toBeNaN();
  });
});

describe("similarity and topK", () => {
  const vector = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 });

  test("similarity is the dot product, of Float32Arrays and plain arrays", () => {
    expect(similarity(Float32Array.of(0.6, 0.8), [0.8, 0.6])).toBeCloseTo(0.96, 6);
    fc.assert(fc.property(vector, vector, (a, b) => similarity(a, b) === similarity(b, a)));
  });

  test("topK returns the first k by similarity, ties in input order", () => {
    fc.assert(
      fc.property(vector, fc.array(vector, { maxLength: 12 }), fc.integer({ min: 1, max: 20 }), (query, vectors, k) => {
        const all = vectors.map((one, index) => ({ index, score: similarity(query, one) }));
        all.sort((a, b) => b.score - a.score || a.index - b.index);
        expect(topK(query, vectors, k)).toEqual(all.slice(0, k));
      }),
    );
  });

  test("vectors that cannot be compared are an error naming the index", () => {
    expect(() => similarity([1], [1, 2])).toThrow(expect.objectContaining({ code: "INVALID_INPUT" }));
    const holes = [[1, 2], undefined, [1]] as number[][];
    expect(() => topK([1, 2], holes, 1)).toThrow(expect.objectContaining({ code: "INVALID_INPUT", index: 1 }));
    for (const k of [0, 1.5, Number.NaN, undefined]) {
      expect(() => topK([1], [[1]], k as number)).toThrow(
        expect.objectContaining({ code: "INVALID_OPTION", parameter: "k" }),
      );
    }
  });
});

describe("numbers that are not finite", () => {
  const dimensions = 33;
  const vector = fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { minLength: dimensions, maxLength: dimensions });
  const odd = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
  const kind = fc.constantFrom<(values: number[]) => ArrayLike<number>>(
    (values) => Float32Array.from(values),
    (values) => Float64Array.from(values),
    (values) => values,
  );

  test("are refused on either side, wherever they are and whatever they meet", () => {
    const at = fc.nat(dimensions - 1);
    fc.assert(
      fc.property(vector, vector, odd, at, kind, kind, (values, more, bad, d, of, ofOther) => {
        const [good, broken] = [of(values), ofOther(more.with(d, bad))];
        const refusal = expect.objectContaining({ code: "INVALID_INPUT" });
        expect(() => similarity(good, broken)).toThrow(refusal);
        expect(() => similarity(broken, good)).toThrow(refusal);
        expect(() => topK(broken, [good], 1)).toThrow(refusal);
        expect(() => topK(good, [good, broken, [1], broken], 1)).toThrow(
          expect.objectContaining({ code: "INVALID_INPUT", indices: [1, 2, 3] }),
        );
      }),
    );
  });

  test.each([null, "0.5", true, 1n])(
    "are refused as %s of a plain array, which a product takes for a number",
    (value) => {
      const broken = [0.5, value] as number[];
      for (const call of [
        () => similarity([1, 2], broken),
        () => similarity(broken, [1, 2]),
        () => topK([1, 2], [broken], 1),
      ]) {
        expect(call).toThrow(/cannot be used: .* in dimension 1/);
      }
    },
  );

  test("are looked for in floats only where the score is none", () => {
    const looks = vi.spyOn(Number, "isFinite");
    try {
      const one = new Float32Array(1000).fill(0.01);
      similarity(one, one);
      expect(looks).toHaveBeenCalledTimes(1);
      topK(one, new Array<Float32Array>(100).fill(one), 1);
      // Each number of the query alone.
      expect(looks.mock.calls.length).toBeLessThan(1200);
    } finally {
      looks.mockRestore();
    }
  });

  test("are not to be had from a DataView, which has no numbers", () => {
    const view = new DataView(new ArrayBuffer(8)) as unknown as Float32Array;
    for (const call of [() => similarity(view, view), () => topK([], [view], 1), () => topK(view, [], 1)]) {
      expect(call).toThrow(/not a vector/);
    }
  });
});

describe("hybridScore", () => {
  const even = { dense: 1, sparse: 1, multiVector: 1 };
  const embedding = (width: number, rows = 2) => ({
    dense: new Float32Array(width).fill(0.5),
    sparse: { indices: [3], values: [0.25] },
    multiVector: { data: new Float32Array(rows * width).fill(0.5), rows, dimensions: width },
  });

  test("is the weighted mean, and needs no output of weight 0", () => {
    expect(hybridScore(embedding(4), embedding(4, 3), even)).toBeCloseTo((1 + 0.0625 + 1) / 3, 10);
    const { dense } = embedding(4);
    expect(hybridScore({ dense }, { dense }, { dense: 2, sparse: 0, multiVector: 0 })).toBe(1);
  });

  test.each([
    { dense: 0, sparse: 0, multiVector: 0 },
    { dense: -1, sparse: 2, multiVector: 0 },
    { dense: 1, sparse: Number.NaN, multiVector: 0 },
    { dense: 1, sparse: Number.POSITIVE_INFINITY, multiVector: 1 },
    { dense: 1 },
    undefined,
  ])("refuses the weights %j, which have no mean", (weights) => {
    expect(() => hybridScore(embedding(4), embedding(4), weights as typeof even)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", parameter: "weights" }),
    );
  });

  test("refuses embeddings that do not go together", () => {
    for (const [document, weights] of [
      [embedding(8), { dense: 1, sparse: 0, multiVector: 0 }],
      [embedding(8), { dense: 0, sparse: 0, multiVector: 1 }],
      [embedding(4, 0), { dense: 0, sparse: 0, multiVector: 1 }],
    ] as const) {
      for (const pair of [
        [embedding(4), document],
        [document, embedding(4)],
      ] as const) {
        expect(() => hybridScore(...pair, weights)).toThrow(expect.objectContaining({ code: "INVALID_INPUT" }));
      }
    }
    expect(() => hybridScore({}, embedding(4), even)).toThrow(/has dense 1, but one of the embeddings has no dense/);
  });
});
