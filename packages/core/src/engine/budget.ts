import { containerCpus } from "./threads.js";

/** The processor threads of this process, shared by every model that is loaded, and by every copy of this package. */
export interface ThreadBudget {
  /** Takes `threads` now, or answers false: then call `wait`. */
  acquire(threads: number): boolean;
  release(threads: number): void;
  /** Calls `retry` once when threads are free again; waiting queries are served first, then in order of waiting. */
  wait(retry: () => void, urgent: boolean): void;
  /** Threads that a user asked for beyond the machine's count are granted for as long as that model is loaded. */
  allow(threads: number): () => void;
}

export function createBudget(cpus: number): ThreadBudget {
  const allowances: number[] = [cpus];
  const waiting = new Map<() => void, boolean>();
  let used = 0;

  function next(): (() => void) | undefined {
    for (const [retry, urgent] of waiting) if (urgent) return retry;
    return waiting.keys().next().value;
  }

  return {
    acquire(threads) {
      // A worker with more threads than there are at all may run when nothing else does.
      if (used > 0 && used + threads > Math.max(...allowances)) return false;
      used += threads;
      return true;
    },
    release(threads) {
      used -= threads;
      const retry = next();
      if (retry === undefined) return;
      waiting.delete(retry);
      queueMicrotask(retry);
    },
    wait(retry, urgent) {
      waiting.set(retry, urgent || waiting.get(retry) === true);
    },
    allow(threads) {
      allowances.push(threads);
      return () => void allowances.splice(allowances.indexOf(threads, 1), 1);
    },
  };
}

/** The one budget of the process. */
export function threadBudget(): ThreadBudget {
  const place = globalThis as { [key: symbol]: ThreadBudget | undefined };
  const key = Symbol.for("bge-js.thread-budget.1");
  place[key] ??= createBudget(containerCpus());
  return place[key];
}
