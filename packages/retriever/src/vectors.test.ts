import { expect, test } from "vitest";
import { createVectorIndex } from "./vectors.js";

/** Small integers, whose products and sums are exact. */
const vectorOf = (slot: number, dimensions: number) =>
  Float32Array.from({ length: dimensions }, (_, i) => ((slot * 7 + i * 3) % 11) - 5);
const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

test.each([1, 6, 8])("scores are the dot products, over several pages, for width %i", async (dimensions) => {
  const index = createVectorIndex(dimensions);
  const count = 5000;
  for (let slot = 0; slot < count; slot++) index.set(slot, [vectorOf(slot, dimensions)]);
  const query = vectorOf(3, dimensions);
  const scores = await index.score(query, count);
  expect([...scores]).toEqual(Array.from({ length: count }, (_, slot) => dot(vectorOf(slot, dimensions), query)));
  index.set(4321, [vectorOf(1, dimensions)]);
  expect((await index.score(query, count))[4321]).toBe(dot(vectorOf(1, dimensions), query));
});

test("yields to the event loop, and an abort ends the scan", async () => {
  const index = createVectorIndex(4);
  for (let slot = 0; slot < 20_000; slot++) index.set(slot, [vectorOf(slot, 4)]);
  const end = new AbortController();
  let turns = 0;
  setImmediate(function turn() {
    turns++;
    if (turns === 3) end.abort(new Error("enough"));
    else setImmediate(turn);
  });
  await expect(index.score(vectorOf(0, 4), 20_000, end.signal)).rejects.toThrow("enough");
  expect(turns).toBe(3);
});

test("of several vectors in a slot the best counts, and new ones take the place of all", async () => {
  const index = createVectorIndex(2);
  const at = (value: number) => Float32Array.of(value, 0);
  index.set(0, [at(1), at(5), at(3)]);
  index.set(1, [at(-2)]);
  index.set(2, [at(-4), at(-3)]);
  expect([...(await index.score(at(1), 3))]).toEqual([5, -2, -3]);
  index.set(0, [at(2)]);
  index.set(1, [at(7), at(8), at(-9)]);
  expect([...(await index.score(at(1), 3))]).toEqual([2, 8, -3]);
  // A search sees no slots that came after it began.
  expect([...(await index.score(at(-1), 2))]).toEqual([-2, 9]);
});
