import { atDeadline } from "../abort.js";
import type { Batching } from "../api/model.js";
import { affordable, type Budget, type Costs, unitsOf } from "./budget.js";

/** The time that a stage has, and what it took before. */
export interface Pace {
  readonly budget: Budget;
  readonly costs: Costs;
  /** Its name among the costs. */
  readonly stage: string;
}

/** How texts are started. */
export interface Steps {
  readonly maxTokens: number;
  /** Texts that are waited for together. */
  readonly together: number;
  /** Most texts started at once. @default as many as fit into the time */
  readonly most?: number;
}

/** The steps of a model whose texts are finished each by itself, or in batches. */
export function stepsOf(batching: Batching, maxTokens: number): Steps {
  return { maxTokens, together: batching === "alone" ? 1 : 16 };
}

/** Resolves as the promise, or to `undefined` once the time is up. */
export async function inTime<T>(budget: Budget, promise: Promise<T>): Promise<T | undefined> {
  let forget = () => {};
  const late = new Promise<undefined>((resolve) => {
    forget = atDeadline(budget.remainingMs(), () => resolve(undefined));
  });
  // If nobody waits any more.
  promise.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    forget();
  }
}

/**
 * Reads as many texts as fit into the time, from the first on, and returns their results; `undefined` for those not started or not
 * finished in time.
 *
 * @param run reads the texts from one place up to another
 */
export async function inPace<R>(
  texts: readonly string[],
  { budget, costs, stage }: Pace,
  { maxTokens, together, most = Number.POSITIVE_INFINITY }: Steps,
  run: (from: number, to: number) => Promise<readonly R[]>,
): Promise<(R | undefined)[]> {
  const results = new Array<R | undefined>(texts.length).fill(undefined);
  const units = texts.map((text) => unitsOf(text, maxTokens));

  async function start(from: number, to: number): Promise<void> {
    for (const [i, result] of (await run(from, to)).entries()) results[from + i] = result;
  }

  for (let at = 0; at < texts.length; ) {
    const fitting = affordable(units.slice(at), budget.remainingMs(), (sum) => costs.estimate(stage, sum));
    const count = Math.min(fitting, most);
    if (count === 0) break;
    const begun = budget.elapsedMs();
    const parts: Promise<void>[] = [];
    for (let from = at; from < at + count; from += together) {
      parts.push(start(from, Math.min(from + together, at + count)));
    }
    const done = await inTime(budget, Promise.all(parts));
    if (done === undefined) break;
    const sum = units.slice(at, at + count).reduce((total, one) => total + one, 0);
    costs.record(stage, sum, budget.elapsedMs() - begun);
    at += count;
  }
  // Parts that are late must not change what was returned.
  return results.slice();
}
