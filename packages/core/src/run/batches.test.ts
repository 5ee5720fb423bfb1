import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pickRows, planBatches } from "./batches.js";

const lengths = fc.array(fc.integer({ min: 2, max: 512 }), { maxLength: 200 });
const batchings = fc.constantFrom("alone", "equal-length", "padded" as const);

describe("planBatches", () => {
  test("puts every index into exactly one batch, none of them empty", () => {
    fc.assert(
      fc.property(lengths, batchings, fc.integer({ min: 1, max: 4096 }), (given, batching, maxTokens) => {
        const batches = planBatches(given, batching, maxTokens);
        expect(batches.flat().sort((a, b) => a - b)).toEqual(given.map((_, index) => index));
        expect(batches.every((batch) => batch.length > 0)).toBe(true);
      }),
    );
  });

  test("never exceeds the budget of padded tokens, unless a single text does", () => {
    fc.assert(
      fc.property(lengths, batchings, fc.integer({ min: 1, max: 4096 }), (given, batching, maxTokens) => {
        for (const batch of planBatches(given, batching, maxTokens)) {
          const padded = batch.length * Math.max(...batch.map((index) => given[index]!));
          expect(padded <= maxTokens || batch.length === 1).toBe(true);
        }
      }),
    );
  });

  test("runs each text on its own for `alone`", () => {
    fc.assert(
      fc.property(lengths, (given) => {
        expect(planBatches(given, "alone").every((batch) => batch.length === 1)).toBe(true);
      }),
    );
  });

  test("mixes no lengths for `equal-length`", () => {
    fc.assert(
      fc.property(lengths, (given) => {
        for (const batch of planBatches(given, "equal-length")) {
          expect(new Set(batch.map((index) => given[index])).size).toBe(1);
        }
      }),
    );
  });

  test("pads no text of `padded` by more than 15 % of the longest", () => {
    fc.assert(
      fc.property(lengths, (given) => {
        for (const batch of planBatches(given, "padded")) {
          const inBatch = batch.map((index) => given[index]!);
          expect(Math.min(...inBatch)).toBeGreaterThanOrEqual(0.85 * Math.max(...inBatch));
        }
      }),
    );
  });

  test("fills a batch before it starts the next", () => {
    expect(planBatches(new Array(10).fill(100), "padded", 400)).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ]);
    expect(planBatches([10, 20, 10, 20, 10], "equal-length", 2048)).toEqual([
      [1, 3],
      [0, 2, 4],
    ]);
  });

  test("goes from long to short, with texts of the same length in input order", () => {
    fc.assert(
      fc.property(lengths, batchings, (given, batching) => {
        const order = planBatches(given, batching).flat();
        const expected = given.map((_, index) => index).sort((a, b) => given[b]! - given[a]! || a - b);
        expect(order).toEqual(expected);
      }),
    );
  });

  test("returns nothing for nothing", () => {
    expect(planBatches([], "padded")).toEqual([]);
    expect(planBatches(new Int32Array(0), "alone")).toEqual([]);
  });
});

test("pickRows takes the chosen rows in the order asked for, whole", () => {
  const rows = fc.array(fc.array(fc.nat(250_000), { minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 20 });
  const chosen = rows.chain((all) =>
    fc.tuple(fc.constant(all), fc.array(fc.nat(all.length - 1), { minLength: 1, maxLength: 20 })),
  );
  fc.assert(
    fc.property(chosen, ([all, indices]) => {
      const picked = pickRows(
        {
          ids: Int32Array.from(all.flat()),
          lengths: Int32Array.from(all, (row) => row.length),
          seconds: Int32Array.from(all, (_, row) => row),
        },
        indices,
      );
      expect([...picked.ids]).toEqual(indices.flatMap((index) => all[index]!));
      expect([...picked.lengths]).toEqual(indices.map((index) => all[index]!.length));
      expect([...picked.seconds]).toEqual(indices);
    }),
  );
});
