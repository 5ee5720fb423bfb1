import fc from "fast-check";
import { expect, test } from "vitest";
import { createSlices } from "./slices.js";
import { topSlots } from "./top.js";

test("equals a sort of the accepted slots by score, then by age", async () => {
  // Few distinct values, so that there are many ties.
  const score = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.double({ noNaN: true }));
  const slots = fc.array(fc.record({ score, age: fc.integer({ min: 1, max: 9 }) }), { maxLength: 200 });
  await fc.assert(
    fc.asyncProperty(slots, fc.nat(20), fc.integer({ min: 1, max: 4 }), async (slots, count, nth) => {
      const accept = (slot: number) => slot % nth === 0;
      // No two are equally old.
      const ages = slots.map(({ age }, slot) => age + slot / 1000);
      const expected = slots
        .map(({ score }, slot) => ({ score, slot }))
        .filter(({ slot }) => accept(slot))
        .sort((a, b) => b.score - a.score || ages[a.slot]! - ages[b.slot]!)
        .slice(0, count)
        .map(({ slot }) => slot);
      const scores = slots.map(({ score }) => score);
      expect(await topSlots(scores, count, ages, accept, createSlices())).toEqual(expected);
    }),
  );
});

test("calls accept only for slots that would be among the best", async () => {
  const asked: number[] = [];
  const ages = [1, 2, 3, 4, 5];
  await topSlots([3, 1, 2, 5, 0], 2, ages, (slot) => asked.push(slot) > 0, createSlices());
  expect(asked).toEqual([0, 1, 2, 3]);
});
