import { monotonic } from "@bge-js/core/adapter";

/** How far back the estimates look: each search counts an eighth (a quarter for the deviation), as TCP's round trips (RFC 6298). */
const MEAN_SHARE = 1 / 8;
const DEVIATION_SHARE = 1 / 4;
/** Deviations that an estimate lies over the mean: it is there to be kept. */
const MARGIN = 2;
/** Texts that a stage whose cost is unknown begins with. */
const PROBE = 8;

/** What the stages of earlier searches have cost, each in units of its own. */
export interface Costs {
  record(stage: string, units: number, ms: number): void;
  /** Milliseconds, on the safe side; `undefined` as long as nothing is known. */
  estimate(stage: string, units: number): number | undefined;
}

export function createCosts(): Costs {
  const known = new Map<string, { mean: number; deviation: number }>();
  return {
    record(stage, units, ms) {
      const cost = ms / units;
      const before = known.get(stage);
      if (before === undefined) known.set(stage, { mean: cost, deviation: cost / 2 });
      else {
        before.deviation += DEVIATION_SHARE * (Math.abs(cost - before.mean) - before.deviation);
        before.mean += MEAN_SHARE * (cost - before.mean);
      }
    },
    estimate(stage, units) {
      const cost = known.get(stage);
      return cost && units * (cost.mean + MARGIN * cost.deviation);
    },
  };
}

/** Time that passes. */
export interface Budget {
  elapsedMs(): number;
  /** Infinite without a budget. */
  remainingMs(): number;
}

/** A budget that begins to run at once. `clock` gives milliseconds. */
export function startBudget(budgetMs: number = Number.POSITIVE_INFINITY, clock = monotonic): Budget {
  const start = clock();
  const elapsedMs = () => clock() - start;
  return { elapsedMs, remainingMs: () => budgetMs - elapsedMs() };
}

/**
 * How many texts of a list, from its front, a stage may begin with: those whose estimate fits into what remains, a handful
 * where nothing is known, none where less than a handful fits.
 */
export function affordable(
  units: readonly number[],
  remainingMs: number,
  estimate: (units: number) => number | undefined,
) {
  if (remainingMs === Number.POSITIVE_INFINITY) return units.length;
  if (remainingMs <= 0) return 0;
  const least = Math.min(PROBE, units.length);
  if (estimate(1) === undefined) return least;
  let count = 0;
  for (let sum = 0; count < units.length; count++) {
    sum += units[count]!;
    if (estimate(sum)! > remainingMs) break;
  }
  return count < least ? 0 : count;
}
