import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quantize } from "./quantized.js";
import { createVectorIndex } from "./vectors.js";

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i]!, 0);
const number = fc.float({ min: -2, max: 2, noNaN: true });
const vectorOf = (dimensions: number) =>
  fc.array(number, { minLength: dimensions, maxLength: dimensions }).map((values) => Float32Array.from(values));

/** Random, and always the same for a number. */
function numbered(slot: number, dimensions: number): Float32Array {
  let state = slot + 1;
  return Float32Array.from({ length: dimensions }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return state / 2 ** 31;
  });
}

/** Scans all slots below a number. */
async function scanned(index: ReturnType<typeof createVectorIndex>, query: Float32Array, size: number) {
  const none = () => new Float32Array(size).fill(Number.NEGATIVE_INFINITY);
  const bounds = { lower: none(), upper: none() };
  await index.scan(query, bounds);
  return bounds;
}

describe("a quantized vector", () => {
  test("is the vector to 16 bits, and its high bytes alone are off by no more than they say", () => {
    fc.assert(
      fc.property(vectorOf(19), (vector) => {
        const { step, high, low, error, norm } = quantize(vector, 19);
        const most = Math.max(...vector.map(Math.abs));
        let rest = 0;
        for (const [d, value] of vector.entries()) {
          expect(Math.abs(step * (256 * high[d]! + low[d]!) - value)).toBeLessThanOrEqual(most / 65_000);
          rest += (step * low[d]!) ** 2;
        }
        expect(Math.sqrt(rest)).toBeLessThanOrEqual(error);
        expect(Math.abs(Math.hypot(...vector) - norm)).toBeLessThanOrEqual(1e-3);
      }),
    );
  });

  test("of another length, or with a number that is none, is refused", () => {
    expect(() => quantize(new Float32Array(3), 4)).toThrow("a vector of 3 numbers instead of 4");
    for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => quantize(Float32Array.of(0, wrong), 2)).toThrow(`a vector with ${wrong} in it`);
    }
    expect(quantize(new Float32Array(2), 2)).toMatchObject({ step: 0, error: 0, norm: 0 });
  });
});

describe("an index of vectors", () => {
  test.each([1, 6, 16, 384])("bounds and exact products hold, over several pages, for width %i", async (dimensions) => {
    const index = createVectorIndex(dimensions);
    const count = 5000;
    const vectors = Array.from({ length: count }, (_, slot) => numbered(slot, dimensions));
    const quantized = vectors.map((vector) => quantize(vector, dimensions));
    for (const [slot, one] of quantized.entries()) index.set(slot, [one]);
    index.remove(7);
    const query = numbered(99_999, dimensions);
    const { lower, upper } = await scanned(index, query, count);
    let widest = 0;
    for (const [slot, vector] of vectors.entries()) {
      if (slot === 7) {
        expect([lower[slot], upper[slot]]).toEqual([Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
        continue;
      }
      const exact = index.exact(query, slot, quantized[slot]!.low);
      expect(Math.abs(exact - dot(vector, query))).toBeLessThan(1e-4 * dimensions);
      expect(lower[slot]!).toBeLessThanOrEqual(exact);
      expect(upper[slot]!).toBeGreaterThanOrEqual(exact);
      widest = Math.max(widest, upper[slot]! - lower[slot]!);
    }
    // Within a hundredth or so of what two such vectors' product can be.
    expect(widest).toBeLessThan((0.02 * dimensions) / 3 + 0.02);
  });

  test("a slot is as good as its best vector, and vectors of removed slots are used again", async () => {
    const index = createVectorIndex(2);
    const [east, north, west] = [
      [1, 0],
      [0, 1],
      [-1, 0],
    ].map((one) => quantize(Float32Array.from(one), 2));
    const low = (...vectors: (typeof east)[]) => Int8Array.from(vectors.flatMap((one) => [...one!.low]));
    index.set(0, [west!, north!]);
    index.set(1, [west!]);
    index.remove(1);
    index.set(2, [west!, west!, east!]);
    const query = Float32Array.of(1, 0);
    const { lower, upper } = await scanned(index, query, 3);
    expect(upper[1]).toBe(Number.NEGATIVE_INFINITY);
    expect(lower[2]).toBeCloseTo(1, 1);
    expect(upper[0]).toBeCloseTo(0, 1);
    expect(index.exact(query, 0, low(west, north))).toBeCloseTo(0, 4);
    expect(index.exact(query, 2, low(west, west, east))).toBeCloseTo(1, 4);
  });

  test("an abort ends the scan", async () => {
    const index = createVectorIndex(4);
    const none = { lower: new Float32Array(), upper: new Float32Array() };
    const scan = index.scan(new Float32Array(4), none, AbortSignal.abort(new Error("enough")));
    await expect(scan).rejects.toThrow("enough");
  });
});
