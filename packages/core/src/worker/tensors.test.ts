import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TokenRows } from "../protocol.js";
import { KNOWN_INPUTS } from "../protocol.js";
import { type Inputs, padRows } from "./tensors.js";

function rowsOf(rows: readonly (readonly number[])[], seconds: readonly number[] = rows.map(() => 0)): TokenRows {
  return {
    ids: Int32Array.from(rows.flat()),
    lengths: Int32Array.from(rows, (row) => row.length),
    seconds: Int32Array.from(seconds),
  };
}

function numbers(inputs: Inputs, name: string): number[] {
  return Array.from(inputs[name]?.data ?? [], Number);
}

describe("padRows", () => {
  test("pads on the right to the longest row, with mask and segments", () => {
    const inputs = padRows(
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
    expect(inputs["input_ids"]!.shape).toEqual([2, 5]);
    expect(numbers(inputs, "input_ids")).toEqual([101, 7, 102, 0, 0, 101, 7, 102, 8, 102]);
    expect(numbers(inputs, "attention_mask")).toEqual([1, 1, 1, 0, 0, 1, 1, 1, 1, 1]);
    expect(numbers(inputs, "token_type_ids")).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
  });

  test("pads with the vocabulary's own padding id, which is 1 in XLM-R", () => {
    const inputs = padRows(rowsOf([[0, 9, 2], [0]]), ["input_ids", "attention_mask"], { padId: 1 });
    expect(numbers(inputs, "input_ids")).toEqual([0, 9, 2, 0, 1, 1]);
    expect(numbers(inputs, "attention_mask")).toEqual([1, 1, 1, 1, 0, 0]);
  });

  test("pads on the left if requested", () => {
    const inputs = padRows(rowsOf([[5, 9, 2], [4]], [2, 0]), KNOWN_INPUTS, { padId: 1, padding: "left" });
    expect(numbers(inputs, "input_ids")).toEqual([5, 9, 2, 1, 1, 4]);
    expect(numbers(inputs, "attention_mask")).toEqual([1, 1, 1, 0, 0, 1]);
    expect(numbers(inputs, "token_type_ids")).toEqual([0, 0, 1, 0, 0, 0]);
  });

  test("requests all tokens, or the first ones", () => {
    const all = padRows(rowsOf([[5, 9, 2], [4]]), KNOWN_INPUTS, { padId: 0 });
    expect([numbers(all, "output_length"), all["output_length"]!.shape]).toEqual([[3], [1]]);
    const first = padRows(rowsOf([[5, 9, 2]]), KNOWN_INPUTS, { padId: 0, outputLength: 1 });
    expect(numbers(first, "output_length")).toEqual([1]);
  });

  test("creates the inputs that the graph has, and no others", () => {
    expect(Object.keys(padRows(rowsOf([[1]]), ["attention_mask", "input_ids"], { padId: 0 })).sort()).toEqual([
      "attention_mask",
      "input_ids",
    ]);
  });

  test("keeps every id, however large", () => {
    const side = fc.constantFrom("left", "right" as const);
    const row = fc.array(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 8 }), fc.nat(3), side, (all, padId, padding) => {
        const inputs = padRows(rowsOf(all), KNOWN_INPUTS, { padId, padding });
        const fill = (ids: number[], value: number) => {
          const rest = new Array<number>(inputs["input_ids"]!.shape[1]! - ids.length).fill(value);
          return padding === "left" ? [...rest, ...ids] : [...ids, ...rest];
        };
        const padded = all.flatMap((ids) => fill(ids, padId));
        const mask = all.flatMap((ids) =>
          fill(
            ids.map(() => 1),
            0,
          ),
        );
        expect(numbers(inputs, "input_ids")).toEqual(padded);
        expect(numbers(inputs, "attention_mask")).toEqual(mask);
      }),
    );
  });
});
