import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dot, unitRows } from "../../../../test/support/unit-rows.js";
import { compressRows, expandRows, type TokenSide } from "./compress.js";
import { scoreRows } from "./score.js";

const SPECIAL = new Set([0, 1]);

/** A text of some tokens of a small vocabulary, of which 0 and 1 are special. */
function side(tokens: number, dimensions: number, seed: number): TokenSide {
  const ids = Int32Array.from({ length: tokens }, (_, t) => Math.abs(seed + 5 * t + t * t) % 9);
  return { rows: unitRows(tokens, dimensions, seed, 0.6), ids };
}

/** Best cosines and hits as the definition says them, with the rows that were kept as plain numbers. */
function byDefinition(query: TokenSide, bytes: Uint8Array, dimensions: number): number[] {
  const { rows, starts, ids } = expandRows(bytes);
  const rowOf = Array.from(ids, (_, token) => starts.findLastIndex((start) => start <= token));
  const best = Array.from(query.ids, (id, q) => {
    const own = query.rows.subarray(q * dimensions, (q + 1) * dimensions);
    const cosines = Array.from(ids, (other, t) => {
      const row = rowOf[t]!;
      const bonus = other === id && !SPECIAL.has(id) ? 0.03 : 0;
      return dot(own, rows.subarray(row * dimensions, (row + 1) * dimensions)) + bonus;
    });
    return Math.min(1, Math.max(...cosines));
  });
  const has = Array.from(query.ids, (id) => (SPECIAL.has(id) ? -1 : Number(ids.includes(id))));
  return [...best, ...has];
}

describe("scoreRows", () => {
  test("gives best cosines with the bonus, and hits, as the definition says", () => {
    const given = fc.record({
      dimensions: fc.constantFrom(8, 65, 384),
      asked: fc.integer({ min: 1, max: 9 }),
      tokens: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 4 }),
      seed: fc.integer({ min: 0, max: 1e6 }),
    });
    fc.assert(
      fc.property(given, ({ dimensions, asked, tokens, seed }) => {
        const query = side(asked, dimensions, seed);
        const documents = tokens.map((count, i) => compressRows(side(count, dimensions, seed + i + 1), dimensions));
        const scored = scoreRows(query, documents, dimensions, SPECIAL);
        expect(scored).toHaveLength(documents.length);
        for (const [i, numbers] of scored.entries()) {
          const wanted = byDefinition(query, documents[i]!, dimensions);
          expect(numbers).toHaveLength(wanted.length);
          for (const [at, value] of numbers.entries()) expect(Math.abs(value - wanted[at]!)).toBeLessThan(1e-4);
        }
      }),
    );
  });

  test("a text scores about as its own rows do", () => {
    const [query, text] = [side(16, 384, 1), side(180, 384, 2)];
    query.rows.set(text.rows.subarray(0, query.rows.length));
    const [kept] = scoreRows(query, [compressRows(text, 384)], 384, SPECIAL);
    const mean = kept!.subarray(0, 16).reduce((sum, cosine) => sum + cosine, 0) / 16;
    expect(mean).toBeGreaterThan(0.8);
  });

  test("a text without tokens matches nothing, and no texts are none", () => {
    const query = side(3, 64, 3);
    const [empty] = scoreRows(query, [compressRows(side(0, 64, 1), 64)], 64, new Set());
    expect([...empty!]).toEqual([-1, -1, -1, 0, 0, 0]);
    expect(scoreRows(query, [], 64, SPECIAL)).toEqual([]);
  });

  test("names the text that cannot be read, or that another model has read", () => {
    const query = side(3, 64, 3);
    const [good, wide] = [compressRows(side(5, 64, 1), 64), compressRows(side(5, 128, 1), 128)];
    const score =
      (...documents: Uint8Array[]) =>
      () =>
        scoreRows(query, documents, 64, SPECIAL);
    expect(score(good, good.with(40, good[40]! ^ 1))).toThrow(
      expect.objectContaining({ code: "STORE_CORRUPT", index: 1, parameter: "documents" }),
    );
    expect(score(good, good, wide)).toThrow(expect.objectContaining({ code: "MODEL_MISMATCH", index: 2 }));
  });

  test("refuses a query that is no rows", () => {
    const query = { ...side(3, 64, 3), rows: unitRows(3, 64, 3, 0).with(7, Number.NaN) };
    expect(() => scoreRows(query, [], 64, SPECIAL)).toThrow(
      expect.objectContaining({ code: "INVALID_INPUT", parameter: "rows" }),
    );
  });
});
