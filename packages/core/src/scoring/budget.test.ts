import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { affordable, countWithin, createCosts, startBudget } from "./budget.js";

test("a budget runs by its clock", () => {
  let now = 1000;
  const budget = startBudget(50, () => now);
  expect([budget.elapsedMs(), budget.remainingMs()]).toEqual([0, 50]);
  now += 60;
  expect([budget.elapsedMs(), budget.remainingMs()]).toEqual([60, -10]);
  expect(startBudget(undefined, () => now).remainingMs()).toBe(Number.POSITIVE_INFINITY);
});

describe("costs", () => {
  test("are unknown, then conservative, then approach a constant cost", () => {
    const costs = createCosts();
    expect(costs.estimate("dense", 1)).toBeUndefined();
    costs.record("dense", 10, 100);
    expect(costs.estimate("dense", 1)).toBe(20); // 10 per unit, plus twice a deviation of 5
    expect(costs.estimate("crossEncoder", 1)).toBeUndefined();
    for (let i = 0; i < 50; i++) costs.record("dense", 10, 100);
    expect(costs.estimate("dense", 3)).toBeCloseTo(30, 3);
  });

  test("follow a machine that slows down, and grow with variance", () => {
    const steady = createCosts();
    const varying = createCosts();
    for (let i = 0; i < 40; i++) {
      steady.record("dense", 1, 10);
      varying.record("dense", 1, i % 2 === 0 ? 5 : 15);
    }
    expect(varying.estimate("dense", 1)!).toBeGreaterThan(steady.estimate("dense", 1)! + 5);
    for (let i = 0; i < 40; i++) steady.record("dense", 1, 30);
    expect(steady.estimate("dense", 1)!).toBeGreaterThan(29);
  });
});

describe("affordable", () => {
  const perUnit = (ms: number) => (units: number) => units * ms;

  test("all without a budget, none without time, a handful while nothing is known", () => {
    const units = Array.from({ length: 30 }, () => 1);
    expect(affordable(units, Number.POSITIVE_INFINITY, () => undefined)).toBe(30);
    expect(affordable(units, 0, () => undefined)).toBe(0);
    expect(affordable(units, 5, () => undefined)).toBe(8);
    expect(affordable(units.slice(0, 3), 5, () => undefined)).toBe(3);
    expect(affordable([], 5, perUnit(1))).toBe(0);
  });

  test("as many as fit, none if that is less than a handful", () => {
    const units = Array.from({ length: 30 }, () => 2);
    expect(affordable(units, 41, perUnit(1))).toBe(20);
    expect(affordable(units, 16, perUnit(1))).toBe(8);
    expect(affordable(units, 15, perUnit(1))).toBe(0);
    expect(affordable(units.slice(0, 3), 6, perUnit(1))).toBe(3);
  });

  test("never starts what would exceed the budget, nor leaves out what fits", () => {
    const units = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 8, maxLength: 100 });
    fc.assert(
      fc.property(units, fc.integer({ min: 1, max: 3000 }), (units, remaining) => {
        const count = affordable(units, remaining, perUnit(1));
        const sum = (to: number) => units.slice(0, to).reduce((total, unit) => total + unit, 0);
        if (count > 0) expect(sum(count)).toBeLessThanOrEqual(remaining);
        if (count < units.length) expect(sum(Math.max(count + 1, 8))).toBeGreaterThan(remaining);
      }),
    );
  });
});

test("of long texts fewer are read, though never fewer than the least", () => {
  const limit = { least: 2, units: 100 };
  expect(countWithin([], limit)).toBe(0);
  expect(countWithin([500], limit)).toBe(1);
  expect(countWithin([500, 500, 1], limit)).toBe(2);
  expect(countWithin([50, 50], limit)).toBe(2);
  expect(countWithin([30, 30, 40, 1], limit)).toBe(3);
  expect(countWithin([10, 10, 10, 10], limit)).toBe(4);
  expect(countWithin([500, 500, 500], undefined)).toBe(3);
});
