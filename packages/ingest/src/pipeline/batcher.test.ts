import fc from "fast-check";
import { expect, test } from "vitest";
import { createBatcher } from "./batcher.js";
import type { Checked } from "./documents.js";
import type { Work } from "./work.js";

const { signal } = new AbortController();
const checked = (id: number, characters = 100): Checked => ({
  document: { id: String(id), text: "" },
  hash: "",
  characters,
});

/** Work that ends in any order, and what it has seen. */
function recorded(schedule: (task: Promise<void>) => Promise<void>) {
  const batches: string[][] = [];
  const beside = new Map<string, number>();
  let running = 0;
  let most = 0;
  const work: Work = async (documents) => {
    const ids = documents.map(({ document }) => document.id);
    batches.push(ids);
    for (const id of ids) beside.set(id, running);
    running++;
    most = Math.max(most, running);
    await schedule(Promise.resolve());
    running--;
    return documents.map(({ document }) => ({ kind: "stored", chunks: Number(document.id) }));
  };
  return { work, batches, beside, most: () => most };
}

test("each document gets its own outcome; batches are bounded; those with caution are few, with nothing beside them", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(
        fc.record({
          characters: fc.integer({ min: 1, max: 150_000 }),
          most: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
        }),
        {
          maxLength: 150,
        },
      ),
      async (scheduler, given) => {
        const { work, batches, beside, most } = recorded((task) => scheduler.schedule(task));
        const batcher = createBatcher(work, signal);
        const started: number[] = [];
        const results = given.map(({ characters, most }, i) =>
          batcher.add(
            checked(i, characters),
            most === undefined ? undefined : { most, begin: async () => void started.push(i) },
          ),
        );
        const outcomes = await scheduler.waitFor(Promise.all(results));
        expect(outcomes).toEqual(given.map((_, i) => ({ kind: "stored", chunks: i })));
        expect(batches.flat().map(Number)).toEqual(given.map((_, i) => i));
        expect(most()).toBeLessThanOrEqual(2);
        expect(started).toEqual(given.flatMap(({ most }, i) => (most === undefined ? [] : [i])));
        for (const batch of batches) {
          const characters = batch.reduce((sum, id) => sum + given[Number(id)]!.characters, 0);
          expect(batch.length === 1 || (batch.length <= 64 && characters <= 200_000)).toBe(true);
          const cautions = batch.flatMap((id) => given[Number(id)]!.most ?? []);
          if (cautions.length === 0) continue;
          expect(cautions.length).toBe(batch.length);
          expect(batch.length).toBeLessThanOrEqual(Math.min(...cautions));
          expect(beside.get(batch[0]!)).toBe(0);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test("those that come together go together; a failure is that of the batch alone", async () => {
  const sizes: number[] = [];
  const batcher = createBatcher(async (documents) => {
    sizes.push(documents.length);
    if (documents[0]!.document.id === "0") throw new Error("no disk");
    return documents.map(() => ({ kind: "unchanged" }));
  }, signal);
  const outcomes = await Promise.allSettled(Array.from({ length: 100 }, (_, i) => batcher.add(checked(i))));
  expect(sizes).toEqual([64, 36]);
  expect(outcomes.map(({ status }) => status === "rejected")).toEqual(Array.from({ length: 100 }, (_, i) => i < 64));
  await expect(batcher.add(checked(200))).resolves.toEqual({ kind: "unchanged" });
});

test("nothing is begun after an abort", async () => {
  const ending = new AbortController();
  const batcher = createBatcher(async () => {
    throw new Error("begun");
  }, ending.signal);
  const pending = batcher.add(checked(1));
  ending.abort(new Error("enough"));
  await expect(pending).rejects.toThrow("enough");
});
