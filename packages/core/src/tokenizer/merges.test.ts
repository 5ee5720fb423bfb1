import fc from "fast-check";
import { expect, test } from "vitest";
import { type Merges, mergeAll, readMerges } from "./merges.js";

const vocabulary = new Map(["a", "b", "aa", "ab", "aaaa", "aab", "bb"].map((token, id) => [token, id]));
const merges = [["a", "a"], "a b", ["aa", "aa"], ["aa", "b"], ["a", "ab"], ["b", "b"]] as const;
const read = () => readMerges(vocabulary, merges);

/** The definition: merge the leftmost pair of the lowest rank until none is left. */
function slowly(symbols: readonly number[], { rank, results }: Merges): number[] {
  const list = [...symbols];
  for (;;) {
    const ranks = list.slice(1).map((right, i) => rank(list[i]!, right) ?? Number.POSITIVE_INFINITY);
    const lowest = Math.min(...ranks);
    if (lowest === Number.POSITIVE_INFINITY) return list;
    list.splice(ranks.indexOf(lowest), 2, results[lowest]!);
  }
}

test("the lowest rank is merged first, then the leftmost", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 1), { minLength: 1, maxLength: 30 }), (symbols) => {
      expect([...mergeAll(Int32Array.from(symbols), read())]).toEqual(slowly(symbols, read()));
    }),
  );
});

test("twice the length takes little more than twice the steps", () => {
  const steps = (length: number) => {
    let count = 0;
    const counted = read();
    const rank = (left: number, right: number) => {
      count++;
      return counted.rank(left, right);
    };
    mergeAll(new Int32Array(length), { ...counted, rank });
    return count;
  };
  expect(steps(20_000) / steps(10_000)).toBeLessThan(2.2);
});

test("a merge outside the vocabulary is rejected", () => {
  const corrupt = expect.objectContaining({ name: "BgeError", code: "MODEL_CORRUPT" });
  expect(() => readMerges(vocabulary, [["a", "c"]])).toThrow(corrupt);
  expect(() => readMerges(vocabulary, [["b", "a"]])).toThrow(corrupt);
});
