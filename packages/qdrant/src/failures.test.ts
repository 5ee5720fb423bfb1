import { expect, test } from "vitest";
import { ADD_PATIENCE } from "./failures.js";

test("a bulk load waits half a minute for a server, however the pauses fall", () => {
  const { failures, firstPauseMs, longestPauseMs } = ADD_PATIENCE;
  // Half of each pause is random, and none follows the last failure.
  const least = Array.from({ length: failures - 1 }, (_, i) => Math.min(longestPauseMs, firstPauseMs * 2 ** i) / 2);
  expect(least.reduce((sum, pause) => sum + pause, 0)).toBeGreaterThanOrEqual(30_000);
});
