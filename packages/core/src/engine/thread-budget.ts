import { containerCpus } from "./thread-plan.js";

/** The processor threads of this process, shared by all loaded models and all copies of this package. */
export interface ThreadBudget {
  /**
   * Takes `threads` and returns true; or returns false, puts `retry` in line (once) and calls it when its turn comes.
   * Queries go before documents, and then first come, first served; nobody waits forever.
   */
  acquire(threads: number, urgent: boolean, retry: () => void): boolean;
  /** Takes `more` threads for the holder of `held`, if nobody else is running or waiting. */
  acquireAlone(held: number, more: number): boolean;
  release(threads: number): void;
  /** Leaves the line, because there is nothing left to run. */
  leave(retry: () => void): void;
  /**
   * Raises the budget to `threads` until the returned function is called: a loaded model may ask for more threads than
   * the machine has.
   */
  allow(threads: number): () => void;
}

/** After this many queries in a row, a model waiting with documents goes first. */
const QUERIES_IN_A_ROW = 8;

export function createBudget(cpus: number): ThreadBudget {
  const allowances = new Set([{ threads: cpus }]);
  // A Map keeps insertion order.
  const waiting = new Map<() => void, boolean>();
  let used = 0;
  let queriesInARow = 0;

  function first(): (() => void) | undefined {
    const inTurn = [...waiting];
    const wanted = queriesInARow < QUERIES_IN_A_ROW;
    return (inTurn.find(([, urgent]) => urgent === wanted) ?? inTurn[0])?.[0];
  }

  /** A worker that needs more threads than there are may run when nothing else does. */
  function fits(threads: number): boolean {
    return used === 0 || used + threads <= Math.max(...Array.from(allowances, (allowance) => allowance.threads));
  }

  /** Calls the waiting in turn until one must keep waiting: those behind it must not take its threads. */
  function wake(): void {
    for (let retry = first(); retry !== undefined; ) {
      const before = used;
      retry();
      const following = first();
      if (following === retry && used === before) return;
      retry = following;
    }
  }

  return {
    acquire(threads, urgent, retry) {
      waiting.set(retry, urgent);
      if (first() !== retry || !fits(threads)) return false;
      waiting.delete(retry);
      used += threads;
      queriesInARow = urgent ? queriesInARow + 1 : 0;
      return true;
    },
    acquireAlone(held, more) {
      if (used !== held || waiting.size > 0 || !fits(more)) return false;
      used += more;
      return true;
    },
    release(threads) {
      used -= threads;
      wake();
    },
    leave(retry) {
      if (waiting.delete(retry)) wake();
    },
    allow(threads) {
      const allowance = { threads };
      allowances.add(allowance);
      wake();
      return () => void allowances.delete(allowance);
    },
  };
}

/** Returns the process-wide budget. */
export function threadBudget(): ThreadBudget {
  const place = globalThis as { [key: symbol]: ThreadBudget | undefined };
  const key = Symbol.for("bge-js.thread-budget.2");
  place[key] ??= createBudget(containerCpus());
  return place[key];
}
