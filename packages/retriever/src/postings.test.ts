import { expect, test } from "vitest";
import { createWordIndex } from "./postings.js";

test("a sweep leaves the postings that a search has in hand", () => {
  const index = createWordIndex();
  for (let slot = 0; slot < 4; slot++) index.add(slot, ["pear", "pear"]);
  const inHand = index.get("pear")!;
  index.sweep((slot) => slot % 2 === 1);
  expect(Array.from(inHand)).toEqual([0, 2, 1, 2, 2, 2, 3, 2]);
  expect(index.get("pear")).toEqual([1, 2, 3, 2]);
  expect(index.size).toBe(2);
  index.sweep(() => false);
  expect([index.get("pear"), index.size]).toEqual([undefined, 0]);
});
