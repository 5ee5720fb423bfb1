import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TokenRows } from "./messages.js";
import { KNOWN_INPUTS, padRows } from "./tensors.js";

function rowsOf(rows: readonly (readonly number[])[], seconds: readonly number[] = rows.map(() => 0)): TokenRows {
  return {
    ids: Int32Array.from(rows.flat()),
    lengths: Int32Array.from(rows, (row) => row.length),
    seconds: Int32Array.from(seconds),
  };
}

function numbers(values: BigInt64Array | undefined): number[] {
  return Array.from(values ?? [], Number);
}

describe("padRows", () => {
  test("pads on the right to the longest row, with mask and segments", () => {
    const { rows, width, data } = padRows(
      rowsOf(
        [
          [101, 7, 102],
          [101, 7, 102, 8, 102],
        ],
        [0, 3],
      ),
      KNOWN_INPUTS,
      { padId: 0 },
    );
    expect([rows, width]).toEqual([2, 5]);
    expect(numbers(data["input_ids"])).toEqual([101, 7, 102, 0, 0, 101, 7, 102, 8, 102]);
    expect(numbers(data["attention_mask"])).toEqual([1, 1, 1, 0, 0, 1, 1, 1, 1, 1]);
    expect(numbers(data["token_type_ids"])).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
  });

  test("pads with the vocabulary's own padding id, which is 1 in XLM-R", () => {
    const { data } = padRows(rowsOf([[0, 9, 2], [0]]), ["input_ids", "attention_mask"], { padId: 1 });
    expect(numbers(data["input_ids"])).toEqual([0, 9, 2, 0, 1, 1]);
    expect(numbers(data["attention_mask"])).toEqual([1, 1, 1, 1, 0, 0]);
  });

  test("pads on the left where asked", () => {
    const { data } = padRows(rowsOf([[5, 9, 2], [4]], [2, 0]), KNOWN_INPUTS, { padId: 1, padding: "left" });
    expect(numbers(data["input_ids"])).toEqual([5, 9, 2, 1, 1, 4]);
    expect(numbers(data["attention_mask"])).toEqual([1, 1, 1, 0, 0, 1]);
    expect(numbers(data["token_type_ids"])).toEqual([0, 0, 1, 0, 0, 0]);
  });

  test("makes the inputs that the graph has, and no others", () => {
    expect(Object.keys(padRows(rowsOf([[1]]), ["attention_mask", "input_ids"], { padId: 0 }).data).sort()).toEqual([
      "attention_mask",
      "input_ids",
    ]);
  });

  test("keeps every id of any vocabulary, however large", () => {
    const side = fc.constantFrom("left", "right" as const);
    const row = fc.array(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 8 }), fc.nat(3), side, (all, padId, padding) => {
        const { width, data } = padRows(rowsOf(all), KNOWN_INPUTS, { padId, padding });
        const fill = (ids: number[], value: number) => {
          const rest = new Array<number>(width - ids.length).fill(value);
          return padding === "left" ? [...rest, ...ids] : [...ids, ...rest];
        };
        const padded = all.flatMap((ids) => fill(ids, padId));
        const mask = all.flatMap((ids) =>
          fill(
            ids.map(() => 1),
            0,
          ),
        );
        expect(numbers(data["input_ids"])).toEqual(padded);
        expect(numbers(data["attention_mask"])).toEqual(mask);
      }),
    );
  });
});
