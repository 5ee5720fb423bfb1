import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type EmbeddingGolden, readGolden, vectorOf } from "../../../../test/support/golden.js";
import type { Precision, QuantizeOptions } from "../api/quantization.js";
import { PRECISIONS, quantize } from "./quantize.js";
import { calibrateRanges } from "./ranges.js";

/** What sentence-transformers makes of vectors; base64 throughout. */
interface QuantizationGolden {
  readonly cases: readonly ({
    readonly name: string;
    readonly dimensions: number;
    readonly model?: string;
    readonly vectors?: string;
    readonly calibration?: string;
    readonly ranges: string;
  } & Readonly<Record<Precision, string>>)[];
}

const rowsOf = (data: Float32Array, dimensions: number) =>
  Array.from({ length: data.length / dimensions }, (_, row) => data.slice(row * dimensions, (row + 1) * dimensions));

describe.each(readGolden<QuantizationGolden>("quantization.json").cases)("$name", (golden) => {
  const { dimensions, model } = golden;
  const [min, max] = rowsOf(vectorOf(golden.ranges), dimensions).map((row) => [...row]);
  const ranges = { min: min!, max: max! };
  const vectors =
    model === undefined
      ? rowsOf(vectorOf(golden.vectors!), dimensions)
      : readGolden<EmbeddingGolden>(`${model}.json`).cases.map(({ vector }) => vectorOf(vector));

  test.each(PRECISIONS)("%s: the bytes of quantize_embeddings", (precision) => {
    const codes = quantize(vectors, { precision, ...(precision.endsWith("int8") && { ranges }) } as QuantizeOptions);
    expect(Buffer.concat(codes.map((one) => Buffer.from(one.buffer))).toString("base64")).toBe(golden[precision]);
    // As they come out of JSON.
    const plain = vectors.map((vector) => [...vector]);
    const again = JSON.parse(JSON.stringify(ranges));
    expect(quantize(plain, { precision, ...(precision.endsWith("int8") && { ranges: again }) } as never)).toEqual(
      codes,
    );
  });

  // Those of one case are given.
  if (golden.name.endsWith("given")) return;
  test("the same ranges from the same vectors", () => {
    const calibration = golden.calibration === undefined ? vectors : rowsOf(vectorOf(golden.calibration), dimensions);
    expect(calibrateRanges(calibration, { minVectors: 1 })).toEqual({ ...ranges, vectors: calibration.length });
  });
});

describe("quantize", () => {
  const value = fc.integer({ min: -4096, max: 4096 }).map((i) => i / 4096);
  const lists = fc.integer({ min: 1, max: 20 }).chain((dimensions) => {
    const vector = fc.array(value, { minLength: dimensions, maxLength: dimensions });
    return fc.array(vector, { minLength: 1, maxLength: 12 });
  });

  test("a step is never further from its number than it is wide, within the ranges", () => {
    fc.assert(
      fc.property(lists, (vectors) => {
        const ranges = calibrateRanges(vectors, { minVectors: 1 });
        const codes = quantize(vectors, { precision: "uint8", ranges });
        for (const [i, vector] of vectors.entries()) {
          for (const [d, number] of vector.entries()) {
            const step = (ranges.max[d]! - ranges.min[d]!) / 255;
            expect(Math.abs(ranges.min[d]! + step * codes[i]![d]! - number)).toBeLessThanOrEqual(step * 1.01);
          }
        }
      }),
    );
  });

  test("a vector's bytes do not depend on the others, the input stays as it is, and each result has a buffer of its own", () => {
    fc.assert(
      fc.property(lists, fc.constantFrom(...PRECISIONS), (vectors, precision) => {
        const ranges = calibrateRanges(vectors, { minVectors: 1 });
        const options = { precision, ...(precision.endsWith("int8") && { ranges }) } as QuantizeOptions;
        const before = structuredClone(vectors);
        const codes = quantize(vectors, options);
        expect(vectors).toEqual(before);
        for (const [i, vector] of vectors.entries()) expect(quantize([vector], options)).toEqual([codes[i]]);
        expect(new Set(codes.map(({ buffer }) => buffer)).size).toBe(vectors.length);
        expect(codes.every((one) => one.byteLength === one.buffer.byteLength)).toBe(true);
      }),
    );
  });

  test("returns [] for []", () => {
    for (const precision of ["binary", "ubinary"] as const) expect(quantize([], { precision })).toEqual([]);
    expect(quantize([], { precision: "int8", ranges: { min: [0], max: [1] } })).toEqual([]);
  });

  test("vectors that cannot be used are an error that names each", () => {
    const bad = [[1, 2], [1], undefined, [Number.NaN, 1], new Int8Array(2), "ab", [1, Number.POSITIVE_INFINITY], []];
    const failing = () => quantize(bad as number[][], { precision: "binary" });
    expect(failing).toThrow(expect.objectContaining({ code: "INVALID_INPUT", indices: [1, 2, 3, 4, 5, 6, 7] }));
    expect(failing).toThrow("3 (NaN in dimension 0), 4 (Int8Array, not float numbers)");
    for (const vectors of [undefined, null, {}, new Float32Array(3)]) {
      expect(() => quantize(vectors as never, { precision: "binary" })).toThrow("vectors must be an array");
    }
  });

  test("options that cannot be used are an error that names the option", () => {
    const [min, max] = [[0, 0], [1, 1]]; // biome-ignore format: a pair
    for (const [parameter, options] of [
      ["precision", {}],
      ["precision", { precision: "int4" }],
      ["options", undefined],
      ["ranges", { precision: "int8" }],
      ["ranges", { precision: "ubinary", ranges: { min, max } }],
      ["ranges", { precision: "uint8", ranges: { min: [0], max: [1] } }],
      ["ranges", { precision: "uint8", ranges: { min: [0, 2], max } }],
      ["ranges", { precision: "uint8", ranges: { min: [0, Number.NaN], max } }],
      ["ranges", { precision: "uint8", ranges: { min, max: [1] } }],
      ["ranges", { precision: "uint8", ranges: [min, max] }],
      ["rescore", { precision: "binary", rescore: true }],
    ] as const) {
      expect(() => quantize([[1, 2]], options as never)).toThrow(
        expect.objectContaining({ code: "INVALID_OPTION", parameter }),
      );
    }
  });
});

describe("calibrateRanges", () => {
  test("refuses few vectors, unless it is told how many will do", () => {
    const vectors = Array.from({ length: 99 }, (_, i) => [i]);
    expect(() => calibrateRanges(vectors)).toThrow(
      expect.objectContaining({ code: "INVALID_INPUT", parameter: "vectors" }),
    );
    expect(calibrateRanges(vectors, { minVectors: 99 })).toEqual({ min: [0], max: [98], vectors: 99 });
    expect(calibrateRanges([...vectors, [1]])).toMatchObject({ vectors: 100 });
    expect(() => calibrateRanges([], { minVectors: 1 })).toThrow("vectors has 0");
    expect(() => calibrateRanges(vectors, { minVectors: 0 })).toThrow(
      expect.objectContaining({ parameter: "minVectors" }),
    );
  });
});
