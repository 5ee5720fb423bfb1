import { monotonic } from "../clock.js";

/**
 * Memory of the estimates: each search counts for an eighth (a quarter for the deviation), as TCP's round trips do (RFC
 * 6298).
 */
const MEAN_SHARE = 1 / 8;
const DEVIATION_SHARE = 1 / 4;
/** Deviations added to the mean, so that estimates are usually kept. */
const MARGIN = 2;
/** Number of texts with which a stage of unknown cost starts. */
const PROBE = 8;

/** Costs of the stages in earlier searches, each in its own units. */
export interface Costs {
  record(stage: string, units: number, ms: number): void;
  /** Returns a conservative estimate in milliseconds, or `undefined` while nothing is known. */
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

/** A running time budget. */
export interface Budget {
  elapsedMs(): number;
  /** Infinite without a budget. */
  remainingMs(): number;
}

/** Starts a budget at once. `clock` returns milliseconds. */
export function startBudget(budgetMs: number = Number.POSITIVE_INFINITY, clock = monotonic): Budget {
  const start = clock();
  const elapsedMs = () => clock() - start;
  return { elapsedMs, remainingMs: () => budgetMs - elapsedMs() };
}

/**
 * Returns how many texts, from the front of a list, a stage may start with: those whose estimated cost fits into the
 * remaining time. While nothing is known that is a handful, and if less than a handful would fit it is none.
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

/** How much a reranker reads of a list, from the best on. */
export interface ReadingLimit {
  /** Texts that it reads however long they are. */
  readonly least: number;
  /** Of all that it reads together, beyond that: see `unitsOf`. */
  readonly units: number;
}

/** Returns how many of the texts with these costs are read, from the first on: all of them without a limit. */
export function countWithin(units: readonly number[], limit: ReadingLimit | undefined): number {
  if (limit === undefined) return units.length;
  let count = 0;
  for (let sum = 0; count < units.length; count++) {
    sum += units[count]!;
    if (count >= limit.least && sum > limit.units) break;
  }
  return count;
}

/** Returns the cost of a text: the characters that are read, plus a constant per text. */
export function unitsOf(text: string, maxTokens: number): number {
  return 32 + Math.min(text.length, 4 * maxTokens);
}
