import fc from "fast-check";
import { expect, test } from "vitest";
import { toSparseVector } from "../run/outputs.js";
import { sparseScore } from "../similarity.js";
import { addLexical, lexicalScore } from "./lexical.js";

const special = new Set([0, 1, 2, 3]);

function lexical(ids: readonly number[], weights: readonly number[]): Float32Array {
  const out = new Float32Array(2 * ids.length);
  addLexical(Int32Array.from(ids), Float32Array.from(weights), special, out);
  return out;
}

test("an id seen more than once keeps its largest weight", () => {
  expect([...lexical([8, 9, 8, 8], [0.5, 0.25, 2, 1])]).toEqual([8, 2, 9, 0.25, 0, 0, 0, 0]);
});

test("special tokens and weights of 0 are ignored; <mask> counts", () => {
  expect([...lexical([0, 250001, 2, 7], [5, 0.5, 5, 0])]).toEqual([0, 0, 250001, 0.5, 0, 0, 0, 0]);
});

test("a non-finite weight is kept, so that it is detected", () => {
  expect([...lexical([7, 8], [1, Number.POSITIVE_INFINITY])]).toEqual([7, 1, 8, Number.POSITIVE_INFINITY]);
  expect([...lexical([7, 7], [Number.NaN, 1])]).toEqual([7, Number.NaN, 0, 0]);
  expect([...lexical([7, 7], [1, Number.NaN])]).toEqual([7, Number.NaN, 0, 0]);
});

test("the worker's score is that of the sparse vectors", () => {
  const tokens = fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 8 })), { maxLength: 30 });
  const of = (pairs: [number, number][]) =>
    lexical(
      pairs.map(([id]) => id),
      pairs.map(([, weight]) => weight / 4),
    );
  fc.assert(
    fc.property(tokens, tokens, (query, document) => {
      const [q, d] = [of(query), of(document)];
      const [sparse, other] = [toSparseVector(q), toSparseVector(d)];
      expect(sparseScore(sparse, other)).toBe(lexicalScore(q, d));
      expect(new Set(sparse.indices).size).toBe(sparse.indices.length);
      expect([...sparse.indices].sort((a, b) => a - b)).toEqual(sparse.indices);
    }),
  );
});
