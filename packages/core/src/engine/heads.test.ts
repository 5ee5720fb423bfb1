import { describe, expect, test } from "vitest";
import { applyHead, type Output } from "./heads.js";
import { maxSim } from "./max-sim.js";
import type { Head } from "./messages.js";
import { rowSize } from "./row-size.js";

/** Two texts of three and two tokens, width 2, the second padded. */
const hidden: Output = { data: Float32Array.of(3, 4, 1, 0, 0, 2, 6, 8, 0, 5, 99, 99), shape: [2, 3, 2] };
const lengths = Int32Array.of(3, 2);
const round = (values: Float32Array) => Array.from(values, (value) => Number(value.toFixed(6)));

describe("applyHead", () => {
  test("vector: one pooled vector a text", () => {
    const cls = applyHead({ type: "vector", pooling: "cls", dimensions: 2 }, hidden, lengths);
    expect(round(cls.data)).toEqual([0.6, 0.8, 0.6, 0.8]);
    const last = applyHead({ type: "vector", pooling: "last-token", dimensions: 2 }, hidden, lengths);
    expect(round(last.data)).toEqual([0, 1, 0, 1]);
    const cut = applyHead({ type: "vector", pooling: "cls", dimensions: 1 }, hidden, lengths);
    expect(round(cut.data)).toEqual([1, 1]);
  });

  test("tokens: a vector for each real token of each text, none for padding", () => {
    const { data, faulty } = applyHead({ type: "tokens", dimensions: 2 }, hidden, lengths);
    expect(round(data)).toEqual([0.6, 0.8, 1, 0, 0, 1, 0.6, 0.8, 0, 1]);
    expect(faulty).toEqual([]);
  });

  test("max-sim: the score of each text's own tokens against the query's", () => {
    const query = Float32Array.of(0.6, 0.8);
    const { data } = applyHead({ type: "max-sim", dimensions: 2, query }, hidden, lengths);
    // The first tokens, which are left out, and the second text's padding would score more.
    expect(round(data)).toEqual([0.8, 0.8]);
    expect(data[0]).toBe(maxSim(query, Float32Array.of(1, 0, 0, 1), 2));
  });

  test("logit: the model's number as it is, in memory of its own", () => {
    const logits: Output = { data: Float32Array.of(-8.25, 5.5), shape: [2, 1] };
    const { data, faulty } = applyHead({ type: "logit" }, logits, lengths);
    expect([...data]).toEqual([-8.25, 5.5]);
    expect(data.buffer).not.toBe(logits.data.buffer);
    expect(faulty).toEqual([]);
  });

  const heads: Record<string, Head> = {
    vector: { type: "vector", pooling: "mean", dimensions: 2 },
    tokens: { type: "tokens", dimensions: 2 },
    "max-sim": { type: "max-sim", dimensions: 2, query: Float32Array.of(1, 0) },
  };
  for (const [name, head] of Object.entries(heads)) {
    test(`${name}: finds the text whose numbers are not finite, and it alone`, () => {
      for (const [at, row] of [
        [3, 0],
        [9, 1],
      ] as const) {
        for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
          const data = hidden.data.slice();
          data[at] = value;
          expect(applyHead(head, { ...hidden, data }, lengths).faulty).toEqual([row]);
        }
      }
    });

    test(`${name}: does not look at padding`, () => {
      const data = hidden.data.slice();
      data.fill(Number.NaN, 10);
      expect(applyHead(head, { ...hidden, data }, lengths).faulty).toEqual([]);
    });
  }

  test("logit: finds what is not finite", () => {
    const data = Float32Array.of(1, Number.NaN, Number.NEGATIVE_INFINITY);
    expect(applyHead({ type: "logit" }, { data, shape: [3, 1] }, Int32Array.of(2, 2, 2)).faulty).toEqual([1, 2]);
  });

  test("vector: a vector of zeros has no direction, and so is a fault; a score or logit of zero is none", () => {
    const nothing: Output = { data: new Float32Array(8), shape: [2, 2, 2] };
    const two = Int32Array.of(2, 2);
    expect(applyHead({ type: "vector", pooling: "cls", dimensions: 2 }, nothing, two).faulty).toEqual([0, 1]);
    expect(applyHead({ type: "max-sim", dimensions: 2, query: Float32Array.of(1, 0) }, nothing, two).faulty).toEqual(
      [],
    );
    expect(applyHead({ type: "logit" }, { data: new Float32Array(2), shape: [2, 1] }, two).faulty).toEqual([]);
  });
});

test("rowSize says what each head gives for a text", () => {
  expect(rowSize({ type: "vector", pooling: "cls", dimensions: 384 }, 7)).toBe(384);
  expect(rowSize({ type: "tokens", dimensions: 384 }, 7)).toBe(7 * 384);
  expect(rowSize({ type: "logit" }, 7)).toBe(1);
  expect(rowSize({ type: "max-sim", dimensions: 384, query: new Float32Array(0) }, 7)).toBe(1);
});
