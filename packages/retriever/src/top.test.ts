import fc from "fast-check";
import { expect, test } from "vitest";
import { topSlots } from "./top.js";

test("equals a stable sort of the accepted slots", () => {
  // Few distinct values, so that there are many ties.
  const scores = fc.array(fc.oneof(fc.integer({ min: 0, max: 5 }), fc.double({ noNaN: true })), { maxLength: 200 });
  fc.assert(
    fc.property(scores, fc.nat(20), fc.integer({ min: 1, max: 4 }), (scores, count, nth) => {
      const accept = (slot: number) => slot % nth === 0;
      const expected = scores
        .map((score, slot) => ({ score, slot }))
        .filter(({ slot }) => accept(slot))
        .sort((a, b) => b.score - a.score || a.slot - b.slot)
        .slice(0, count)
        .map(({ slot }) => slot);
      expect(topSlots(scores, count, accept)).toEqual(expected);
    }),
  );
});

test("calls accept only for slots that would be among the best", () => {
  const asked: number[] = [];
  topSlots([3, 1, 2, 5, 0], 2, (slot) => asked.push(slot) > 0);
  expect(asked).toEqual([0, 1, 2, 3]);
});
