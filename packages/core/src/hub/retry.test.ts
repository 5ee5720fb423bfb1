import { expect, test } from "vitest";
import { HttpFailure } from "./http-failure.js";
import { PATIENCE, pauseMs, retryAfterMs, withRetries } from "./retry.js";

const quick = { ...PATIENCE, firstPauseMs: 1, longestPauseMs: 2 };
const now = Date.parse("Mon, 23 Nov 2026 10:00:00 GMT");

test.each([
  [{ "retry-after": "7" }, 7000],
  [{ "retry-after": " 0 " }, 0],
  [{ "retry-after": "Mon, 23 Nov 2026 10:00:30 GMT" }, 30_000],
  [{ "retry-after": "Mon, 23 Nov 2026 09:00:00 GMT" }, 0],
  [{ "retry-after": "1.5" }, 1500],
  [{ "retry-after": "soon" }, undefined],
  [{ "retry-after": "-5" }, undefined],
  [{ "retry-after": "" }, undefined],
  [{ ratelimit: '"api";r=0;t=55' }, 55_000],
  [{ ratelimit: '"api";r=10;t=55' }, undefined],
  [{}, undefined],
])("%j asks for a pause of %s ms", (headers, ms) => {
  expect(retryAfterMs(headers, now)).toBe(ms);
});

test("pauses double, up to a limit, and half of each is random", () => {
  for (let failures = 1; failures < 20; failures++) {
    const most = Math.min(PATIENCE.longestPauseMs, PATIENCE.firstPauseMs * 2 ** (failures - 1));
    for (let i = 0; i < 20; i++) {
      const pause = pauseMs(failures, PATIENCE);
      expect(pause).toBeGreaterThanOrEqual(most / 2);
      expect(pause).toBeLessThanOrEqual(most);
    }
  }
  expect(new Set(Array.from({ length: 20 }, () => pauseMs(3, PATIENCE))).size).toBeGreaterThan(10);
});

async function runs(failureOf: (run: number) => unknown, gained = () => false): Promise<[number, unknown]> {
  let count = 0;
  const outcome = await withRetries(
    async () => {
      const failure = failureOf(++count);
      if (failure !== undefined) throw failure;
      return "done";
    },
    quick,
    undefined,
    gained,
  ).catch((error: unknown) => error);
  return [count, outcome];
}

test("retries passing failures, and no others", async () => {
  const passing = new HttpFailure("503");
  const lasting = new HttpFailure("404", { retriable: false });
  const disk = Object.assign(new Error("full"), { code: "ENOSPC" });
  expect(await runs((run) => (run < 5 ? passing : undefined))).toEqual([5, "done"]);
  expect(await runs(() => passing)).toEqual([quick.failures, passing]);
  expect(await runs(() => lasting)).toEqual([1, lasting]);
  expect(await runs(() => disk)).toEqual([1, disk]);
});

test("allows more failures while there is progress, but not forever", async () => {
  const cut = new HttpFailure("cut");
  expect(
    await runs(
      (run) => (run < 20 ? cut : undefined),
      () => true,
    ),
  ).toEqual([20, "done"]);
  expect(
    await runs(
      () => cut,
      () => true,
    ),
  ).toEqual([quick.failuresInAll, cut]);
});
