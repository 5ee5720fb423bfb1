import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dot, unitRows } from "../../../../test/support/unit-rows.js";
import { compressRows, expandRows, type TokenSide } from "./compress.js";
import { keptBytes } from "./format.js";

/** Sides of 0 to 40 tokens, some of them alike, of widths that are and are not what the kernel likes. */
const sides = fc
  .record({
    tokens: fc.integer({ min: 0, max: 40 }),
    dimensions: fc.constantFrom(1, 3, 8, 64, 100, 384),
    seed: fc.integer(),
    largest: fc.constantFrom(9, 30_521, 250_001),
  })
  .map(({ tokens, dimensions, seed, largest }) => {
    const ids = Int32Array.from({ length: tokens }, (_, t) => (t * 7919) % (largest + 1));
    return { side: { rows: unitRows(tokens, dimensions, seed, 0.6), ids }, dimensions };
  });

/** For each token, by its place in `ids` of what is kept, the row that stands for it. */
function rowsOfTokens({ starts, ids }: { starts: Int32Array; ids: Int32Array }): number[] {
  return Array.from(ids, (_, token) => starts.findLastIndex((start) => start <= token));
}

describe("compressRows", () => {
  test("keeps all ids, half of the rows, and as many bytes as it says", () => {
    fc.assert(
      fc.property(sides, ({ side, dimensions }) => {
        const bytes = compressRows(side, dimensions);
        const kept = expandRows(bytes);
        const rows = Math.ceil(side.ids.length / 2);
        expect(kept.dimensions).toBe(dimensions);
        expect(kept.ids.toSorted()).toEqual(side.ids.toSorted());
        expect([kept.starts.length, kept.rows.length]).toEqual([rows, rows * dimensions]);
        const idBytes = side.ids.every((id) => id < 65_536) ? 2 : 4;
        expect(bytes.length).toBe(keptBytes(side.ids.length, rows, dimensions, idBytes));
      }),
    );
  });

  test("180 tokens of 384 numbers are less than 10 kB", () => {
    expect(compressRows({ rows: unitRows(180, 384, 1, 0.8), ids: new Int32Array(180) }, 384)).toHaveLength(9791);
  });

  test("the same rows give the same bytes, and are left as they were", () => {
    fc.assert(
      fc.property(sides, ({ side, dimensions }) => {
        const before = side.rows.slice();
        const bytes = compressRows(side, dimensions);
        expect(compressRows({ rows: side.rows.slice(), ids: side.ids.slice() }, dimensions)).toEqual(bytes);
        expect(side.rows).toEqual(before);
      }),
    );
  });

  test("version 1 in bytes, little-endian: what an earlier release has kept stays readable", () => {
    const rows = Float32Array.from([0.6, 0.8, 0.8, 0.6, -1, 0, 0, 1]);
    const bytes = compressRows({ rows, ids: Int32Array.of(101, 513, 70_000, 102) }, 2);
    const hex = Buffer.from(bytes).toString("hex");
    // "BR", version, bytes of an id, dimensions, bits; tokens, rows.
    expect(hex.slice(0, 32)).toBe("42520104" + "0200" + "0200" + "04000000" + "02000000");
    // The ids of the first row's three tokens, then of the second's; and where these begin.
    expect(hex.slice(68, 102)).toBe("65000000" + "01020000" + "66000000" + "70110100" + "09");
    expect(hex).toBe(
      "425201040200020004000000020000005ade5e3be06ad93ab77fd6b9ae3d5dabae3d65000000010200006600000070110100090001000000" +
        "000000000000000000000003020000000000000000000000000000",
    );
  });

  test("a kept row is near the mean of its tokens' rows", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer(), (tokens, seed) => {
        const rows = unitRows(tokens, 384, seed, 0.7);
        const ids = Int32Array.from({ length: tokens }, (_, token) => token);
        const kept = expandRows(compressRows({ rows, ids }, 384));
        for (const [place, row] of rowsOfTokens(kept).entries()) {
          const sum = new Float32Array(384);
          const members = kept.ids.filter((_, other) => rowsOfTokens(kept)[other] === row);
          for (const token of members) for (let d = 0; d < 384; d++) sum[d]! += rows[token * 384 + d]!;
          const own = kept.rows.subarray(row * 384, (row + 1) * 384);
          const cosine = dot(sum, own) / Math.sqrt(dot(sum, sum) * dot(own, own));
          // Two bits leave 0.117 of the variance beside the mean, which is half of it all here.
          expect(cosine, `token ${kept.ids[place]}`).toBeGreaterThan(0.96);
        }
      }),
      { numRuns: 20 },
    );
  });

  test("tokens that are alike share a row", () => {
    const [a, b] = [unitRows(1, 64, 1, 0), unitRows(1, 64, 2, 0)];
    const rows = Float32Array.from([...a, ...b, ...a, ...b]);
    const kept = expandRows(compressRows({ rows, ids: Int32Array.of(1, 2, 3, 4) }, 64));
    expect([...kept.ids]).toEqual([1, 3, 2, 4]);
    expect([...kept.starts]).toEqual([0, 2]);
  });

  test("no tokens, one, the most that the model reads and more, and rows that are all the same or all zeros", () => {
    for (const tokens of [0, 1, 512, 1000]) {
      const rows = unitRows(tokens, 64, 1, 0.6);
      expect(expandRows(compressRows({ rows, ids: new Int32Array(tokens) }, 64)).starts).toHaveLength(
        tokens / 2 + (tokens % 2) / 2,
      );
    }
    const same = new Float32Array(5 * 64).fill(1 / 8);
    for (const value of expandRows(compressRows({ rows: same, ids: new Int32Array(5) }, 64)).rows) {
      expect(value).toBeCloseTo(1 / 8, 6);
    }
    const zeros = expandRows(compressRows({ rows: new Float32Array(5 * 64), ids: new Int32Array(5) }, 64));
    expect(zeros.rows.every((value) => value === 0)).toBe(true);
  });

  test("what is no rows is refused by the name of what is wrong", () => {
    const refused = (side: TokenSide, dimensions: number, parameter: string) =>
      expect(() => compressRows(side, dimensions)).toThrow(
        expect.objectContaining({ code: "INVALID_INPUT", parameter }),
      );
    const side = { rows: unitRows(2, 8, 1, 0), ids: Int32Array.of(1, 2) };
    for (const dimensions of [0, -8, 1.5, 4097, Number.NaN]) refused(side, dimensions, "dimensions");
    refused(side, 16, "rows");
    refused({ ...side, ids: Int32Array.of(1, -2) }, 8, "ids");
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -2])
      refused({ ...side, rows: side.rows.with(9, value) }, 8, "rows");
  });
});

describe("expandRows", () => {
  const bytes = compressRows({ rows: unitRows(9, 64, 1, 0.6), ids: Int32Array.from({ length: 9 }, (_, t) => t) }, 64);
  const corrupt = expect.objectContaining({ code: "STORE_CORRUPT" });

  test("finds every change of one byte, every cut and every addition", () => {
    for (let at = 0; at < bytes.length; at++) {
      expect(() => expandRows(bytes.with(at, bytes[at]! ^ 16)), `byte ${at}`).toThrow(corrupt);
      expect(() => expandRows(bytes.subarray(0, at)), `cut at ${at}`).toThrow(corrupt);
    }
    expect(() => expandRows(Uint8Array.of(...bytes, 0))).toThrow(corrupt);
  });

  test("takes no other bytes for rows", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (other) => {
        expect(() => expandRows(other)).toThrow(corrupt);
      }),
    );
  });

  test("says which version it reads", () => {
    expect(() => expandRows(bytes.with(2, 2))).toThrow(/version 2.*version 1/);
  });

  test("reads bytes wherever they lie", () => {
    const larger = new Uint8Array(bytes.length + 3);
    larger.set(bytes, 3);
    expect(expandRows(larger.subarray(3))).toEqual(expandRows(bytes));
  });
});
