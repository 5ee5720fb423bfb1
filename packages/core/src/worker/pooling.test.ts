import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Pooling } from "../api/model.js";
import { type HiddenRow, poolRow, tokenRows } from "./pooling.js";

/** Two rows of three tokens of width 4; the second has one padding token. */
const hidden = Float32Array.of(3, 4, 0, 9, 1, 1, 1, 1, 5, 0, 0, 1, 0, 2, 0, 2, 6, 0, 8, 0, 99, 99, 99, 99);
const first: HiddenRow = { hidden, offset: 0, length: 3, width: 4 };
const second: HiddenRow = { hidden, offset: 12, length: 2, width: 4 };

function pooled(row: HiddenRow, pooling: Pooling, dimensions: number): number[] {
  const out = new Float32Array(dimensions);
  poolRow(row, pooling, out);
  return [...out];
}

function normalized(values: readonly number[]): number[] {
  const norm = Math.hypot(...values);
  return values.map((value) => Math.fround(value / norm));
}

describe("poolRow", () => {
  test("takes the first token for `cls`", () => {
    expect(pooled(second, "cls", 4)).toEqual(normalized([0, 2, 0, 2]));
  });

  test("takes the mean over the tokens for `mean`, without padding", () => {
    expect(pooled(second, "mean", 4)).toEqual(normalized([3, 1, 4, 1]));
  });

  test("takes the last token for `last-token`, not the padding", () => {
    expect(pooled(second, "last-token", 4)).toEqual(normalized([6, 0, 8, 0]));
  });

  test("truncates, then normalises", () => {
    expect(pooled(first, "cls", 2)).toEqual([0.6, 0.8].map(Math.fround));
    expect(pooled(first, "mean", 1)).toEqual([1]);
  });

  test("turns a zero vector into zeros, not NaN", () => {
    const nothing: HiddenRow = { hidden: new Float32Array(8), offset: 0, length: 2, width: 4 };
    for (const pooling of ["cls", "mean", "last-token"] as const)
      expect(pooled(nothing, pooling, 4)).toEqual([0, 0, 0, 0]);
  });

  test("finds its tokens wherever the row begins, such as after padding on the left", () => {
    const padded = Float32Array.of(99, 99, 0, 2, 6, 8);
    const row: HiddenRow = { hidden: padded, offset: 2, length: 2, width: 2 };
    expect(pooled(row, "last-token", 2)).toEqual([0.6, 0.8].map(Math.fround));
    expect(pooled(row, "cls", 2)).toEqual([0, 1]);
  });

  test("returns vectors of length 1", () => {
    const values = fc.array(fc.integer({ min: -100, max: 100 }), { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(
        values,
        fc.constantFrom("cls", "mean", "last-token" as const),
        fc.integer({ min: 1, max: 4 }),
        (data, pooling, dimensions) => {
          const vector = pooled(
            { hidden: Float32Array.from(data), offset: 0, length: 3, width: 4 },
            pooling,
            dimensions,
          );
          fc.pre(vector.some((value) => value !== 0));
          expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
        },
      ),
    );
  });
});

describe("tokenRows", () => {
  test("returns each token's vector, truncated and then normalised", () => {
    const out = new Float32Array(6);
    tokenRows(first, 0, 2, out);
    expect([...out]).toEqual([normalized([3, 4]), normalized([1, 1]), normalized([5, 0])].flat());
  });

  test("skips tokens at the start, even if the graph omits them", () => {
    const out = new Float32Array(4);
    tokenRows(first, 1, 2, out);
    expect([...out]).toEqual([normalized([1, 1]), normalized([5, 0])].flat());
    const without = new Float32Array(4);
    tokenRows({ hidden: first.hidden.slice(4), offset: -4, length: 3, width: 4 }, 1, 2, without);
    expect(without).toEqual(out);
  });
});
