import fc from "fast-check";
import { expect, test } from "vitest";
import { dot, unitRows } from "../../../../test/support/unit-rows.js";
import { bestMatches } from "./best-matches.js";

const SPECIAL = new Set([0]);

function side(tokens: number, dimensions: number, seed: number) {
  return {
    rows: unitRows(tokens, dimensions, seed, 0.5),
    ids: Int32Array.from({ length: tokens }, (_, t) => (seed + t * t) % 7),
  };
}

/** As docs/late-interaction.md defines it, in double precision. */
function byDefinition(query: ReturnType<typeof side>, document: ReturnType<typeof side>, dimensions: number): number[] {
  const row = ({ rows }: { rows: Float32Array }, at: number) => rows.subarray(at * dimensions, (at + 1) * dimensions);
  const isPiece = (id: number, other: number) => id === other && !SPECIAL.has(id);
  const best = Array.from(query.ids, (id, q) =>
    Array.from(document.ids, (other, t) => dot(row(query, q), row(document, t)) + (isPiece(id, other) ? 0.03 : 0)),
  );
  const has = Array.from(query.ids, (id) => (SPECIAL.has(id) ? -1 : Number(document.ids.includes(id))));
  return [...best.map((cosines) => Math.min(1, Math.max(...cosines))), ...has];
}

test("bestMatches is the definition, to the last digits of float32", () => {
  const given = fc.record({
    dimensions: fc.constantFrom(2, 31, 384),
    asked: fc.integer({ min: 1, max: 12 }),
    tokens: fc.integer({ min: 1, max: 40 }),
    seed: fc.integer({ min: 0, max: 1e6 }),
  });
  fc.assert(
    fc.property(given, ({ dimensions, asked, tokens, seed }) => {
      const [query, document] = [side(asked, dimensions, seed), side(tokens, dimensions, seed + 1)];
      const out = new Float32Array(2 * asked);
      bestMatches(query, document, dimensions, SPECIAL, out);
      for (const [at, wanted] of byDefinition(query, document, dimensions).entries()) {
        expect(Math.abs(out[at]! - wanted)).toBeLessThan(1e-6);
      }
    }),
  );
});

test("bestMatches does not lose NaN, and a document without tokens matches nothing", () => {
  const query = side(2, 4, 1);
  for (const place of [0, 1, 2]) {
    const document = side(3, 4, 2);
    document.rows.fill(Number.NaN, 4 * place, 4 * place + 4);
    const out = new Float32Array(4);
    bestMatches(query, document, 4, SPECIAL, out);
    expect([...out.subarray(0, 2)]).toEqual([Number.NaN, Number.NaN]);
  }
  const out = new Float32Array(4);
  bestMatches(query, side(0, 4, 2), 4, new Set(), out);
  expect([...out]).toEqual([-1, -1, 0, 0]);
});
