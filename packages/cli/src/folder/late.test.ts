import { expect, test } from "vitest";
import { isDue, type Tried, triedAgain } from "./late.js";

const HOUR_MS = 3_600_000;

test("tried again a day later, then each time after twice as long", () => {
  let tried: Tried | undefined;
  const days: number[] = [];
  for (let hour = 0; hour < 40 * 24; hour++) {
    if (tried !== undefined && !isDue(tried, hour * HOUR_MS)) continue;
    tried = triedAgain(tried, hour * HOUR_MS);
    days.push(hour / 24);
  }
  expect(days).toEqual([0, 1, 2, 4, 8, 16, 32]);
});

test("a clock that was put back does not make it wait for ever", () => {
  const tried = triedAgain(undefined, 1e12);
  expect(isDue(tried, 1e11)).toBe(true);
  expect(triedAgain(tried, 1e11)).toEqual({ first: 1e11, last: 1e11 });
});
