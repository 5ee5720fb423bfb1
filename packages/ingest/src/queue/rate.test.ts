import { expect, test } from "vitest";
import { perSecondOf } from "./jobs.js";

const NOW = 10_000_000;
const at = (seconds: number, count: number, prevCount: number, minutes: readonly number[]) =>
  perSecondOf({ count, prevCount, prevTS: NOW - 1000 * seconds }, minutes, NOW);

test.each([
  ["nothing was ever finished", perSecondOf({ count: 0, prevCount: 0, prevTS: 0 }, [], NOW), 0],
  ["the first one, just now", at(0, 1, 0, []), 1],
  ["half a minute since the first one", at(30, 600, 0, []), 20],
  ["just after the end of a short first minute", at(2, 100, 60, [60]), 20],
  ["just after the end of a whole minute", at(5, 1300, 1200, [1200, 40]), 20],
  ["long after the end of a minute", at(40, 2000, 1200, [900, 300]), 20],
  ["after a pause of minutes", at(2, 101, 100, [0, 0, 100]), 1 / 62],
  ["nothing for some time", at(600, 5000, 4000, [900]), 0],
  ["a clock that is ahead", at(-5, 10, 0, []), 10],
])("%s", (_, perSecond, wanted) => {
  expect(perSecond).toBe(wanted);
});
