import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createBudget, type ThreadBudget, threadBudget } from "./thread-budget.js";

/** A model whose workers of `threads` threads each run `jobs` when admitted. */
function modelOn(budget: ThreadBudget, threads: number, log: string[] = [], name = "", workers = 1) {
  const model = { jobs: 0, urgent: false, running: 0, tries: 0, disposed: false, start, finish };
  function start(): void {
    model.tries++;
    while (model.jobs > 0 && model.running < workers && !model.disposed) {
      if (!budget.acquire(threads, model.urgent, start)) return;
      model.jobs--;
      model.running++;
      log.push(name);
    }
    budget.leave(start);
  }
  function finish(): void {
    model.running--;
    budget.release(threads);
    start();
  }
  return model;
}

describe("the budget of threads", () => {
  test("grants what there is, and no more", () => {
    const budget = createBudget(3);
    const retry = () => {};
    expect(budget.acquire(2, false, retry)).toBe(true);
    expect(budget.acquire(2, false, retry)).toBe(false);
    expect(budget.acquire(1, false, retry)).toBe(true);
    expect(budget.acquire(1, false, retry)).toBe(false);
  });

  test("lets a worker with more threads than there are run, but only alone", () => {
    const budget = createBudget(2);
    const log: string[] = [];
    const [wide, narrow] = [modelOn(budget, 8, log, "wide"), modelOn(budget, 1, log, "narrow")];
    wide.jobs = narrow.jobs = 1;
    wide.start();
    narrow.start();
    expect(log).toEqual(["wide"]);
    wide.finish();
    expect(log).toEqual(["wide", "narrow"]);
  });

  test("does not let a busy model take its threads back before one that waits", () => {
    const budget = createBudget(1);
    const log: string[] = [];
    const [busy, other] = [modelOn(budget, 1, log, "busy"), modelOn(budget, 1, log, "other")];
    busy.jobs = 5;
    busy.start();
    other.jobs = 2;
    other.start();
    for (let i = 0; i < 6; i++) (busy.running > 0 ? busy : other).finish();
    expect(log).toEqual(["busy", "other", "busy", "other", "busy", "busy", "busy"]);
  });

  test("skips one that has nothing left to run: no wake-up is lost", () => {
    const budget = createBudget(1);
    const log: string[] = [];
    const [first, aborted, last] = ["first", "aborted", "last"].map((name) => modelOn(budget, 1, log, name));
    for (const model of [first!, aborted!, last!]) {
      model.jobs = 1;
      model.start();
    }
    aborted!.jobs = 0;
    first!.finish();
    expect(log).toEqual(["first", "last"]);
  });

  test("admits those behind one that leaves the line at once", () => {
    const budget = createBudget(2);
    const log: string[] = [];
    const [running, wide, narrow] = [
      modelOn(budget, 1, log, "running"),
      modelOn(budget, 2, log, "wide"),
      modelOn(budget, 1, log, "narrow"),
    ];
    for (const model of [running, wide, narrow]) {
      model.jobs = 1;
      model.start();
    }
    expect(log).toEqual(["running"]);
    wide.disposed = true;
    wide.start();
    expect(log).toEqual(["running", "narrow"]);
  });

  test("keeps a place for a wide worker while narrow ones come and go", () => {
    const budget = createBudget(2);
    const log: string[] = [];
    const [narrow, wide] = [modelOn(budget, 1, log, "narrow", 2), modelOn(budget, 2, log, "wide")];
    narrow.jobs = 10;
    narrow.start();
    wide.jobs = 1;
    wide.start();
    narrow.finish();
    narrow.finish();
    expect(log).toEqual(["narrow", "narrow", "wide"]);
  });

  test("serves waiting queries before documents that waited longer", () => {
    const budget = createBudget(1);
    const log: string[] = [];
    const [busy, documents, queries] = ["busy", "documents", "queries"].map((name) => modelOn(budget, 1, log, name));
    queries!.urgent = true;
    for (const model of [busy!, documents!, queries!]) {
      model.jobs = 1;
      model.start();
    }
    busy!.finish();
    queries!.finish();
    expect(log).toEqual(["busy", "queries", "documents"]);
  });

  test("does not let queries of one model starve the documents of another", () => {
    const budget = createBudget(1);
    const log: string[] = [];
    // Two models with endless queries, so that one always waits.
    const models = ["q", "q", "d"].map((name) => modelOn(budget, 1, log, name));
    for (const model of models) {
      model.jobs = 100;
      model.urgent = model !== models[2];
      model.start();
    }
    for (let i = 0; i < 60; i++) models.find(({ running }) => running > 0)!.finish();
    expect(log.join("")).not.toMatch(/q{9}/);
    expect(log.filter((name) => name === "d").length).toBeGreaterThanOrEqual(60 / 10);
  });

  test("grants a loaded model more than the machine has, if requested, until it is disposed", () => {
    const budget = createBudget(1);
    const disallow = budget.allow(3);
    const also = budget.allow(2);
    const [a, b] = [() => {}, () => {}];
    expect(budget.acquire(1, false, a)).toBe(true);
    expect(budget.acquire(2, false, a)).toBe(true);
    disallow();
    disallow();
    budget.release(2);
    expect(budget.acquire(1, false, a)).toBe(true);
    expect(budget.acquire(1, false, b)).toBe(false);
    also();
    budget.release(1);
    expect(budget.acquire(1, false, b)).toBe(false);
  });

  test("wakes those waiting when a newly loaded model raises it", () => {
    const budget = createBudget(1);
    const log: string[] = [];
    const model = modelOn(budget, 1, log, "job", 2);
    model.jobs = 2;
    model.start();
    expect(log).toHaveLength(1);
    budget.allow(2);
    expect(log).toHaveLength(2);
  });

  test("is never overdrawn, and never leaves work waiting while threads are free", () => {
    const step = fc.record({
      model: fc.nat(4),
      do: fc.constantFrom("document", "query", "finish", "finish", "abort"),
    });
    const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), sizes, fc.array(step, { maxLength: 120 }), (cpus, threads, steps) => {
        const budget = createBudget(cpus);
        const models = threads.map((size, i) => modelOn(budget, size, [], "", i));
        const used = () => models.reduce((sum, { running }, i) => sum + running * threads[i]!, 0);
        const check = () => {
          const running = models.reduce((sum, model) => sum + model.running, 0);
          expect(used() <= cpus || running === 1).toBe(true);
          const waiting = (wanted: (size: number) => boolean) =>
            models.some(({ jobs, running }, i) => jobs > 0 && running < i && wanted(threads[i]!));
          if (waiting(() => true)) expect(running).toBeGreaterThan(0);
          // Single-threaded work waits only behind wider work, or because everything is in use.
          if (waiting((size) => size === 1) && !waiting((size) => size > 1)) {
            expect(used()).toBeGreaterThanOrEqual(cpus);
          }
        };
        for (const { model: at, do: what } of steps) {
          const model = models[at]!;
          if (what === "finish") {
            if (model.running > 0) model.finish();
          } else if (what === "abort") {
            model.jobs = 0;
            model.start();
          } else {
            model.urgent = what === "query";
            model.jobs++;
            model.start();
          }
          check();
        }
        // Everything that has started ends, and everything that waits is run.
        for (let left = 2000; models.some(({ running }) => running > 0); left--) {
          expect(left).toBeGreaterThan(0);
          models.find(({ running }) => running > 0)!.finish();
          check();
        }
        // The first model has no workers.
        expect(models.slice(1).map(({ jobs }) => jobs)).toEqual([0, 0, 0, 0]);
      }),
    );
  });

  test("grants more to whoever runs alone, and to nobody else", () => {
    const budget = createBudget(2);
    const retry = () => {};
    expect(budget.acquire(1, true, retry)).toBe(true);
    expect(budget.acquireAlone(1, 1)).toBe(true);
    expect(budget.acquire(1, false, retry)).toBe(false);
    budget.release(2);
    expect(budget.acquire(1, false, retry)).toBe(true);
    expect(budget.acquire(1, true, () => {})).toBe(true);
    expect(budget.acquireAlone(1, 1)).toBe(false);
    budget.release(1);
    expect(budget.acquireAlone(1, 2)).toBe(false);
    expect(budget.acquireAlone(1, 1)).toBe(true);
  });

  test("is shared by the whole process", () => {
    expect(threadBudget()).toBe(threadBudget());
  });
});
