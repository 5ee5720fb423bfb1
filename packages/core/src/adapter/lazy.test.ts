import { expect, test } from "vitest";
import { lazy } from "./lazy.js";

test("loads once for all callers, concurrent and later", async () => {
  let loads = 0;
  const get = lazy(async () => ++loads);
  expect(loads).toBe(0);
  expect(await Promise.all([get(), get()])).toEqual([1, 1]);
  expect(await get()).toBe(1);
});

test("rejects all waiting callers on failure, and loads again for the next", async () => {
  let loads = 0;
  const get = lazy(async () => {
    if (++loads === 1) throw new Error("no disk");
    return loads;
  });
  const outcomes = await Promise.allSettled([get(), get()]);
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(loads).toBe(1);
  expect(await Promise.all([get(), get()])).toEqual([2, 2]);
});
