import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dot, unitRows } from "../../../../test/support/unit-rows.js";
import type { TopKQuantizedOptions } from "../api/quantization.js";
import { topK } from "../similarity.js";
import { quantize } from "./quantize.js";
import { calibrateRanges } from "./ranges.js";
import { hammingDistance, topKQuantized } from "./search.js";

const DIMENSIONS = 37;
const split = (rows: Float32Array) =>
  Array.from({ length: rows.length / DIMENSIONS }, (_, i) => rows.slice(i * DIMENSIONS, (i + 1) * DIMENSIONS));
const documents = split(unitRows(300, DIMENSIONS, 1, 0.3));
const [query] = split(unitRows(1, DIMENSIONS, 2, 0.3)) as [Float32Array];
const ranges = calibrateRanges(documents);
const signs = (vector: ArrayLike<number>) => Array.from(vector, (value) => (value > 0 ? 1 : -1));
const distanceOf = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).filter((value, d) => value > 0 !== b[d]! > 0).length;

test("hammingDistance counts the dimensions whose signs differ, in either kind of binary", () => {
  const vector = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 11, maxLength: 11 });
  fc.assert(
    fc.property(vector, vector, fc.constantFrom("binary", "ubinary"), (a, b, precision) => {
      const [ofA, ofB] = quantize([a, b], { precision } as { precision: "ubinary" });
      expect(hammingDistance(ofA!, ofB!)).toBe(distanceOf(a, b));
    }),
  );
});

test("hammingDistance refuses what cannot be compared", () => {
  const failure = expect.objectContaining({ code: "INVALID_INPUT" });
  expect(() => hammingDistance(new Int8Array(2), new Uint8Array(2))).toThrow(failure);
  expect(() => hammingDistance(new Int8Array(2), new Int8Array(3))).toThrow(failure);
  expect(() => hammingDistance([1, 2] as never, [1, 2] as never)).toThrow(failure);
  expect(() => hammingDistance(new Float32Array(2) as never, new Float32Array(2) as never)).toThrow(failure);
});

describe("topKQuantized", () => {
  test.each(["int8", "uint8"] as const)("%s: scores are within half a step a dimension of the cosine", (precision) => {
    const codes = quantize(documents, { precision, ranges });
    const ranked = topKQuantized(query, codes, documents.length, { precision, ranges });
    expect(ranked.map(({ index }) => index).sort((a, b) => a - b)).toEqual([...documents.keys()]);
    const most = query.reduce((sum, value, d) => sum + Math.abs(value) * ((ranges.max[d]! - ranges.min[d]!) / 255), 0);
    for (const { index, score } of ranked) {
      expect(Math.abs(score - dot(query, documents[index]!))).toBeLessThan((most / 2) * 1.01);
    }
    const [first] = topK(query, documents, 1);
    expect(ranked[0]!.index).toBe(first!.index);
  });

  test("int8 and uint8 are the same numbers, binary and ubinary too", () => {
    const ranked = (precision: "int8" | "uint8") =>
      topKQuantized(query, quantize(documents, { precision, ranges }), 20, { precision, ranges });
    expect(ranked("int8").map(({ index }) => index)).toEqual(ranked("uint8").map(({ index }) => index));
    const byBits = (precision: "binary" | "ubinary") =>
      topKQuantized(query, quantize(documents, { precision }), 20, { precision });
    expect(byBits("binary")).toEqual(byBits("ubinary"));
  });

  test("binary: the nearest by their bits, of those the best by the query's own numbers", () => {
    const distances = documents.map((document) => distanceOf(query, document));
    const codes = quantize(documents, { precision: "ubinary" });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 9 }), (k, rescoreMultiplier) => {
        const found = [...documents.keys()]
          .sort((a, b) => distances[a]! - distances[b]! || a - b)
          .slice(0, k * rescoreMultiplier)
          .map((index) => ({ index, score: dot(query, signs(documents[index]!)) / Math.sqrt(DIMENSIONS) }))
          .sort((a, b) => b.score - a.score || a.index - b.index)
          .slice(0, k);
        const options = { precision: "ubinary", rescoreMultiplier } as const;
        const ranked = topKQuantized(query, codes, k, options);
        expect(ranked.map(({ index }) => index)).toEqual(found.map(({ index }) => index));
        for (const [i, { score }] of ranked.entries()) expect(score).toBeCloseTo(found[i]!.score, 9);
      }),
      { numRuns: 30 },
    );
  });

  test("a dimension of one number counts as that number", () => {
    const vectors = [[0.5, 0.1], [0.5, 0.9]]; // biome-ignore format: a pair
    const own = calibrateRanges(vectors, { minVectors: 1 });
    const codes = quantize(vectors, { precision: "uint8", ranges: own });
    const [best] = topKQuantized([1, 0], codes, 1, { precision: "uint8", ranges: own });
    expect(best!.score).toBeCloseTo(0.5, 6);
  });

  test("takes a Buffer for bytes, as databases return them", () => {
    const codes = quantize(documents, { precision: "ubinary" });
    const buffers = codes.map((one) => Buffer.from(one));
    expect(topKQuantized(query, buffers, 5, { precision: "ubinary" })).toEqual(
      topKQuantized(query, codes, 5, { precision: "ubinary" }),
    );
  });

  test("returns [] for no vectors, and all for a larger k", () => {
    expect(topKQuantized(query, [], 3, { precision: "binary" })).toEqual([]);
    const codes = quantize(documents.slice(0, 2), { precision: "binary" });
    expect(topKQuantized(query, codes, 3, { precision: "binary" })).toHaveLength(2);
  });

  test("refuses what cannot be compared, and options of no use", () => {
    const codes = quantize(documents.slice(0, 3), { precision: "ubinary" });
    const bytes = quantize(documents.slice(0, 3), { precision: "int8", ranges });
    const bits = { precision: "ubinary" } as const;
    for (const [problem, q, vectors, k, options] of [
      [{ code: "INVALID_INPUT", indices: [1] }, query, [codes[0], codes[1]!.slice(1)], 1, bits],
      [{ code: "INVALID_INPUT", indices: [0, 2] }, query, [undefined, codes[0], bytes[0]], 1, bits],
      [{ code: "INVALID_INPUT", parameter: "vectors" }, query, undefined, 1, bits],
      [{ code: "INVALID_INPUT", parameter: "query" }, bytes[0], codes, 1, bits],
      [{ code: "INVALID_INPUT", parameter: "query" }, undefined, codes, 1, bits],
      [{ code: "INVALID_INPUT", parameter: "query" }, [Number.NaN], codes, 1, bits],
      [{ code: "INVALID_OPTION", parameter: "k" }, query, codes, 0, bits],
      [{ code: "INVALID_OPTION", parameter: "precision" }, query, codes, 1, {}],
      [{ code: "INVALID_OPTION", parameter: "ranges" }, query, bytes, 1, { precision: "int8" }],
      [{ code: "INVALID_OPTION", parameter: "ranges" }, query.slice(1), bytes, 1, { precision: "int8", ranges }],
      [{ code: "INVALID_OPTION", parameter: "rescoreMultiplier" }, query, codes, 1, { ...bits, rescoreMultiplier: 0 }],
      [
        { code: "INVALID_OPTION", parameter: "rescoreMultiplier" },
        query,
        bytes,
        1,
        { precision: "int8", ranges, rescoreMultiplier: 2 },
      ],
    ] as const) {
      const call = () => topKQuantized(q as Float32Array, vectors as Uint8Array[], k, options as TopKQuantizedOptions);
      expect(call).toThrow(expect.objectContaining(problem));
    }
  });
});
