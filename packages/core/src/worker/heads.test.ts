import { describe, expect, test } from "vitest";
import type { Head } from "../protocol.js";
import { rowSize } from "../protocol.js";
import { compressRows } from "../rows/compress.js";
import { maxSim } from "../similarity.js";
import { applyHeads, type Output, type RunRows, readFirstToken } from "./heads.js";

/** Two texts of three and two tokens, width 2, the second padded. */
const hidden: Output = { data: Float32Array.of(3, 4, 1, 0, 0, 2, 6, 8, 0, 5, 99, 99), shape: [2, 3, 2] };
/** The same behind padding on the left. */
const leftPadded: Output = { data: Float32Array.of(3, 4, 1, 0, 0, 2, 99, 99, 6, 8, 0, 5), shape: [2, 3, 2] };
/** The same as multi-vectors: the graph has left out each first token. */
const withoutFirst: Output = { data: Float32Array.of(1, 0, 0, 2, 0, 5, 99, 99), shape: [2, 2, 2] };
const rows: RunRows["rows"] = {
  ids: Int32Array.of(0, 7, 2, 0, 9),
  lengths: Int32Array.of(3, 2),
  seconds: Int32Array.of(0, 0),
};
const run: RunRows = { rows, padding: "right", weightless: new Set([0, 1, 2, 3]) };
const output = "hidden";
const round = (values: Float32Array) => Array.from(values, (value) => Number(value.toFixed(6)));
const apply = (head: Head, of: Output, on: RunRows = run) => applyHeads([head], { [head.output]: of }, on);

test("readFirstToken: of [CLS] pooling alone, and only where no other head wants more", () => {
  const cls = { type: "vector", output, pooling: "cls", dimensions: 2 } as const;
  const dot = { type: "dot", output, pooling: "cls", dimensions: 2, query: Float32Array.of(1, 0) } as const;
  const tokens = { type: "tokens", output, dimensions: 2, skip: 0 } as const;
  expect(readFirstToken([cls, dot])).toBe(true);
  for (const pooling of ["mean", "last-token"] as const) expect(readFirstToken([{ ...cls, pooling }])).toBe(false);
  expect(readFirstToken([cls, tokens])).toBe(false);
});

describe("applyHeads", () => {
  test("vector: one pooled vector a text", () => {
    const cls = apply({ type: "vector", output, pooling: "cls", dimensions: 2 }, hidden);
    expect(round(cls.data)).toEqual([0.6, 0.8, 0.6, 0.8]);
    const last = apply({ type: "vector", output, pooling: "last-token", dimensions: 2 }, hidden);
    expect(round(last.data)).toEqual([0, 1, 0, 1]);
    const cut = apply({ type: "vector", output, pooling: "cls", dimensions: 1 }, hidden);
    expect(round(cut.data)).toEqual([1, 1]);
  });

  test("vector: of a graph that gives the first token alone", () => {
    const first: Output = { data: Float32Array.of(3, 4, 6, 8), shape: [2, 1, 2] };
    const head = { type: "vector", output, pooling: "cls", dimensions: 2 } as const;
    expect(apply(head, first, { ...run, outputLength: 1 })).toEqual(apply(head, hidden));
  });

  test("vector: the one that the graph has pooled itself, whatever the pooling", () => {
    const pooled: Output = { data: Float32Array.of(3, 4, 0, 5), shape: [2, 2] };
    for (const pooling of ["cls", "mean", "last-token"] as const) {
      const { data } = apply({ type: "vector", output, pooling, dimensions: 2 }, pooled);
      expect(round(data)).toEqual([0.6, 0.8, 0, 1]);
    }
  });

  test("every pooling gives the same under padding on either side", () => {
    for (const pooling of ["cls", "mean", "last-token"] as const) {
      const head = { type: "vector", output, pooling, dimensions: 2 } as const;
      expect(apply(head, leftPadded, { ...run, padding: "left" })).toEqual(apply(head, hidden));
    }
    const tokens = { type: "tokens", output, dimensions: 2, skip: 0 } as const;
    expect(apply(tokens, leftPadded, { ...run, padding: "left" })).toEqual(apply(tokens, hidden));
  });

  test("tokens: a vector for each real token of each text, none for padding", () => {
    const { data, faulty } = apply({ type: "tokens", output, dimensions: 2, skip: 0 }, hidden);
    expect(round(data)).toEqual([0.6, 0.8, 1, 0, 0, 1, 0.6, 0.8, 0, 1]);
    expect(faulty).toEqual([]);
  });

  test("tokens: without the first, whether or not the graph has it", () => {
    const head = { type: "tokens", output, dimensions: 2, skip: 1 } as const;
    expect(round(apply(head, hidden).data)).toEqual([1, 0, 0, 1, 0, 1]);
    expect(apply(head, withoutFirst)).toEqual(apply(head, hidden));
  });

  test("max-sim: the score of each text's own tokens against the query's", () => {
    const query = Float32Array.of(0.6, 0.8);
    const head = { type: "max-sim", output, dimensions: 2, query } as const;
    const { data } = apply(head, hidden);
    // The first tokens, which are left out, and the second text's padding would score more.
    expect(round(data)).toEqual([0.8, 0.8]);
    expect(data[0]).toBe(maxSim(query, Float32Array.of(1, 0, 0, 1), 2));
    expect(apply(head, withoutFirst)).toEqual(apply(head, hidden));
  });

  const keptRows = { type: "kept-rows", output, dimensions: 2 } as const;

  test("kept-rows: the rows of `tokens` and their ids compressed, and no numbers; beside a vector", () => {
    const vector = { type: "vector", output, pooling: "cls", dimensions: 2 } as const;
    const kept = applyHeads([vector, keptRows], { hidden }, run);
    expect(kept.data).toEqual(apply(vector, hidden).data);
    expect(kept.keptRows).toEqual([
      compressRows({ rows: Float32Array.of(1, 0, 0, 1), ids: Int32Array.of(7, 2) }, 2),
      compressRows({ rows: Float32Array.of(0, 1), ids: Int32Array.of(9) }, 2),
    ]);
    expect(applyHeads([vector, keptRows], { hidden: leftPadded }, { ...run, padding: "left" })).toEqual(kept);
    expect(apply(keptRows, withoutFirst)).toEqual(apply(keptRows, hidden));
    expect(apply(vector, hidden)).not.toHaveProperty("keptRows");
  });

  test("dot: the cosine of each text's vector and the query's", () => {
    const query = Float32Array.of(1, 0);
    const { data } = apply({ type: "dot", output, pooling: "last-token", dimensions: 2, query }, hidden);
    expect(round(data)).toEqual([0, 0]);
    expect(round(apply({ type: "dot", output, pooling: "cls", dimensions: 2, query }, hidden).data)).toEqual([
      0.6, 0.6,
    ]);
  });

  const weights: Output = { data: Float32Array.of(9, 0.5, 9, 9, 0.25, 99), shape: [2, 3, 1] };

  test("sparse: each token's id and weight, special tokens and padding without any", () => {
    const { data } = apply({ type: "sparse", output }, weights);
    expect([...data]).toEqual([0, 0, 7, 0.5, 0, 0, 0, 0, 9, 0.25]);
    const flat = { ...weights, shape: [2, 3] };
    expect(apply({ type: "sparse", output }, flat).data).toEqual(data);
  });

  test("lexical: the sum over shared ids of the products of their weights", () => {
    const query = Float32Array.of(9, 2, 7, 4, 8, 100);
    expect([...apply({ type: "lexical", output, query }, weights).data]).toEqual([2, 0.5]);
  });

  test("logit: the model's number as it is, in memory of its own", () => {
    const logits: Output = { data: Float32Array.of(-8.25, 5.5), shape: [2, 1] };
    const { data, faulty } = apply({ type: "logit", output }, logits);
    expect([...data]).toEqual([-8.25, 5.5]);
    expect(data.buffer).not.toBe(logits.data.buffer);
    expect(faulty).toEqual([]);
  });

  test("several heads of one run stand one behind the other, row by row", () => {
    const vector = { type: "vector", output, pooling: "cls", dimensions: 2 } as const;
    const sparse = { type: "sparse", output: "weights" } as const;
    const { data } = applyHeads([sparse, vector], { hidden, weights }, run);
    expect(round(data)).toEqual([0, 0, 7, 0.5, 0, 0, 0.6, 0.8, 0, 0, 9, 0.25, 0.6, 0.8]);
  });

  const heads: Record<string, Head> = {
    vector: { type: "vector", output, pooling: "mean", dimensions: 2 },
    tokens: { type: "tokens", output, dimensions: 2, skip: 0 },
    "max-sim": { type: "max-sim", output, dimensions: 2, query: Float32Array.of(1, 0) },
    dot: { type: "dot", output, pooling: "mean", dimensions: 2, query: Float32Array.of(1, 0) },
    "kept-rows": keptRows,
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
          expect(apply(head, { ...hidden, data }).faulty).toEqual([row]);
        }
      }
    });

    test(`${name}: does not look at padding`, () => {
      const data = hidden.data.slice();
      data.fill(Number.NaN, 10);
      expect(apply(head, { ...hidden, data }).faulty).toEqual([]);
    });
  }

  test.each(["sparse", "lexical"] as const)(
    "%s: finds a weight that is not finite, and does not look at padding",
    (type) => {
      const head: Head = type === "sparse" ? { type, output } : { type, output, query: Float32Array.of(7, 1, 9, 1) };
      for (const [at, faulty] of [
        [1, [0]],
        [4, [1]],
        [5, []],
      ] as const) {
        const data = weights.data.slice();
        data[at] = Number.NaN;
        expect(apply(head, { ...weights, data }).faulty).toEqual(faulty);
      }
    },
  );

  test("logit: finds what is not finite", () => {
    const data = Float32Array.of(1, Number.NaN);
    expect(apply({ type: "logit", output }, { data, shape: [2, 1] }).faulty).toEqual([1]);
  });

  test("vector: a vector of zeros has no direction, and so is a fault; a score or logit of zero is none", () => {
    const nothing: Output = { data: new Float32Array(12), shape: [2, 3, 2] };
    expect(apply({ type: "vector", output, pooling: "cls", dimensions: 2 }, nothing).faulty).toEqual([0, 1]);
    expect(apply(heads["max-sim"]!, nothing).faulty).toEqual([]);
    expect(apply({ type: "logit", output }, { data: new Float32Array(2), shape: [2, 1] }).faulty).toEqual([]);
  });
});

test("rowSize says what each head gives for a text", () => {
  expect(rowSize({ type: "vector", output, pooling: "cls", dimensions: 384 }, 7)).toBe(384);
  expect(rowSize({ type: "tokens", output, dimensions: 384, skip: 0 }, 7)).toBe(7 * 384);
  expect(rowSize({ type: "tokens", output, dimensions: 384, skip: 1 }, 7)).toBe(6 * 384);
  expect(rowSize({ type: "sparse", output }, 7)).toBe(14);
  expect(rowSize({ type: "logit", output }, 7)).toBe(1);
  expect(rowSize({ type: "max-sim", output, dimensions: 384, query: new Float32Array(0) }, 7)).toBe(1);
  expect(rowSize({ type: "kept-rows", output, dimensions: 384 }, 7)).toBe(0);
  expect(rowSize({ type: "tokens", output, dimensions: 384, skip: 9 }, 7)).toBe(0);
  expect(rowSize({ type: "token-ids", output, skip: 3 }, 7)).toBe(4);
});
