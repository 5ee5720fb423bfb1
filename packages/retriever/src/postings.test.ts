import { turn } from "@bge-js/core/adapter";
import { expect, test } from "vitest";
import { createWordIndex } from "./postings.js";
import { createSlices } from "./slices.js";

test("a sweep leaves the postings that a search has in hand", async () => {
  const index = createWordIndex();
  for (let slot = 0; slot < 4; slot++) index.add(slot, ["pear", "pear"]);
  const inHand = index.get("pear")!;
  await index.sweep((slot) => slot % 2 === 1, createSlices());
  expect(Array.from(inHand)).toEqual([0, 2, 1, 2, 2, 2, 3, 2]);
  expect(index.get("pear")).toEqual([1, 2, 3, 2]);
  expect(index.size).toBe(2);
  await index.sweep(() => false, createSlices());
  expect([index.get("pear"), index.size]).toEqual([undefined, 0]);
});

test("texts may be added while a sweep waits, even to the word that it is at", async () => {
  const index = createWordIndex();
  const count = 20_000;
  for (let slot = 0; slot < count; slot++) index.add(slot, ["pear", `word${slot}`]);
  let next = count;
  // Each look at the clock is a turn for others.
  const slices = {
    due: () => next < count + 50,
    next: async () => {
      await turn();
      index.add(next, ["pear", `late${next}`]);
      next++;
    },
  };
  await index.sweep((slot) => slot % 2 === 1, slices);
  expect(next).toBe(count + 50);
  const left = Array.from({ length: next }, (_, slot) => slot).filter((slot) => slot % 2 === 1);
  const pears = Array.from(index.get("pear")!);
  // What was added behind the sweep's back is there, whether it was swept or not.
  expect(pears.filter((_, i) => i % 2 === 0).filter((slot) => slot % 2 === 1)).toEqual(left);
  expect(index.get("word8")).toBeUndefined();
  expect(index.get("word9")).toEqual([9, 1]);
  expect(index.get(`late${next - 1}`) ?? index.get(`late${next - 2}`)).toBeDefined();
  let size = 0;
  for (const word of index.words()) size += index.get(word)!.length / 2;
  expect(index.size).toBe(size);
});
