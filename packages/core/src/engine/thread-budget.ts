import { containerCpus } from "./thread-plan.js";

/** The processor threads of this process, shared by every model that is loaded, and by every copy of this package. */
export interface ThreadBudget {
  /**
   * Takes `threads` now; or answers false, puts `retry` in line (once) and calls it when its turn has come. Queries go
   * before documents, those who wait before those who come; nobody waits for ever.
   */
  acquire(threads: number, urgent: boolean, retry: () => void): boolean;
  /** `more` threads for who holds `held` of them, if nobody else runs or waits. */
  acquireAlone(held: number, more: number): boolean;
  release(threads: number): void;
  /** Out of the line: there is nothing to run any more. */
  leave(retry: () => void): void;
  /** Threads that a user asked for beyond the machine's count are granted for as long as that model is loaded. */
  allow(threads: number): () => void;
}

/** After this many queries in a row, a model that waits with documents goes first. */
const QUERIES_IN_A_ROW = 8;

export function createBudget(cpus: number): ThreadBudget {
  const allowances = new Set([{ threads: cpus }]);
  // A Map keeps the order in which they came.
  const waiting = new Map<() => void, boolean>();
  let used = 0;
  let queriesInARow = 0;

  function first(): (() => void) | undefined {
    const inTurn = [...waiting];
    const wanted = queriesInARow < QUERIES_IN_A_ROW;
    return (inTurn.find(([, urgent]) => urgent === wanted) ?? inTurn[0])?.[0];
  }

  /** A worker with more threads than there are at all may run when nothing else does. */
  function fits(threads: number): boolean {
    return used === 0 || used + threads <= Math.max(...Array.from(allowances, (allowance) => allowance.threads));
  }

  /** Lets them try in turn, until one has to go on waiting: whoever is behind it must not take its threads away. */
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

/** The one budget of the process. */
export function threadBudget(): ThreadBudget {
  const place = globalThis as { [key: symbol]: ThreadBudget | undefined };
  const key = Symbol.for("bge-js.thread-budget.2");
  place[key] ??= createBudget(containerCpus());
  return place[key];
}
