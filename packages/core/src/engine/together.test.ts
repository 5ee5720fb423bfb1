import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Computed, Encoded, Head, Work } from "../protocol.js";
import { rowsSize } from "../protocol.js";
import { createCall, type Job } from "./call.js";
import { fit, joinWork, splitResult } from "./joint-work.js";
import { createQueue } from "./queue.js";
import { resolveTogether, SHARED_TOKENS, takeTogether } from "./together.js";

const DENSE: Head = { type: "vector", output: "x", pooling: "cls", dimensions: 3 };
const TOKENS: Head = { type: "tokens", output: "x", dimensions: 2, skip: 1 };
const FILL = 0.85;

function rows(lengths: readonly number[], heads: readonly Head[] = [DENSE], firstId = 0) {
  const ids = Int32Array.from({ length: lengths.reduce((sum, length) => sum + length, 0) }, (_, i) => firstId + i);
  return {
    type: "run",
    rows: { ids, lengths: Int32Array.from(lengths), seconds: Int32Array.from(lengths, (length) => length - 1) },
    heads,
  } as const satisfies Work;
}
const encode = (...texts: string[]) => ({ type: "encode", texts, encoding: { form: "count" } }) as const satisfies Work;

/** A queue with one call for each piece of work. */
function waiting(works: readonly { work: Work; urgent?: boolean; fill?: number }[]) {
  const queue = createQueue<Job>(({ tokens }) => tokens);
  const results = works.map(({ work, urgent, fill = FILL }) =>
    createCall(queue, () => {}, { urgent }).run(work, { fill }),
  );
  for (const result of results) result.catch(() => {});
  return { queue, results };
}
const lengthsOf = (jobs: readonly Job[]) => jobs.map(({ work }) => (work.type === "run" ? [...work.rows.lengths] : []));

describe("a worker takes together", () => {
  test("rows of similar length, up to a limit, and leaves the others in their order", () => {
    const { queue } = waiting([10, 40, 9, 8, 10, 200].map((length) => ({ work: rows([length]) })));
    expect(lengthsOf(takeTogether(queue, 1))).toEqual([[10], [9], [10]]);
    expect(lengthsOf(takeTogether(queue, 1))).toEqual([[40]]);
    expect(lengthsOf(takeTogether(queue, 1))).toEqual([[8]]);
    expect(lengthsOf(takeTogether(queue, 1))).toEqual([[200]]);
    expect(queue.size).toBe(0);
  });

  test("no queries with documents, no heads that differ, none that carry a query, and none that were not offered", () => {
    const dot: Head = { type: "dot", output: "x", pooling: "cls", dimensions: 3, query: new Float32Array(3) };
    for (const [one, other] of [
      [{ work: rows([5]) }, { work: rows([5]), urgent: true }],
      [{ work: rows([5]) }, { work: rows([5], [TOKENS]) }],
      [{ work: rows([5], [dot]) }, { work: rows([5], [dot]) }],
      [{ work: rows([5]) }, { work: rows([5]), fill: 1 }],
      [{ work: rows([5]) }, { work: encode("a") }],
    ] as const) {
      expect(takeTogether(waiting([one, other]).queue, 1)).toHaveLength(1);
    }
  });

  test("only its share while other workers are idle", () => {
    const { queue } = waiting(Array.from({ length: 6 }, () => ({ work: rows([5]) })));
    expect(takeTogether(queue, 2)).toHaveLength(3);
    expect(takeTogether(queue, 1)).toHaveLength(3);
  });

  test("texts to tokenize, up to a limit", () => {
    const { queue } = waiting([encode("a"), encode("b", "c"), encode("d".repeat(20_000))].map((work) => ({ work })));
    expect(takeTogether(queue, 1).map(({ work }) => (work as ReturnType<typeof encode>).texts.length)).toEqual([1, 2]);
    expect(queue.size).toBe(1);
  });

  test("rows that fit, whatever waits: first come first, each once", () => {
    const some = fc.array(fc.array(fc.integer({ min: 2, max: 60 }), { minLength: 1, maxLength: 3 }), { maxLength: 40 });
    fc.assert(
      fc.property(some, fc.integer({ min: 1, max: 3 }), (all, idle) => {
        const { queue } = waiting(all.map((lengths) => ({ work: rows(lengths) })));
        const left = all.map((lengths) => JSON.stringify(lengths));
        while (queue.size > 0) {
          const most = Math.ceil(queue.size / idle);
          const taken = lengthsOf(takeTogether(queue, idle));
          expect(JSON.stringify(taken[0])).toBe(left[0]);
          expect(taken.length).toBeLessThanOrEqual(most);
          for (const lengths of taken) left.splice(left.indexOf(JSON.stringify(lengths)), 1);
          if (taken.length === 1) continue;
          const flat = taken.flat();
          const shape = { count: flat.length, longest: Math.max(...flat), shortest: Math.min(...flat) };
          expect(fit(shape, FILL, SHARED_TOKENS)).toBe(true);
        }
        expect(left).toEqual([]);
      }),
    );
  });
});

describe("work of several calls", () => {
  test("is one piece, whose result is theirs again", () => {
    const lists = fc.array(fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(lists, fc.func(fc.boolean()), (all, isFaulty) => {
        const heads = [DENSE, TOKENS];
        const works = all.map((lengths, i) => rows(lengths, heads, 1000 * i));
        const joined = joinWork(works) as ReturnType<typeof rows>;
        expect([...joined.rows.ids]).toEqual(works.flatMap((work) => [...work.rows.ids]));
        expect([...joined.rows.seconds]).toEqual(works.flatMap((work) => [...work.rows.seconds]));
        // A row's numbers are its number, and so are the bytes kept of it.
        const lengths = [...joined.rows.lengths];
        const result: Computed = {
          data: Float32Array.from(lengths.flatMap((length, row) => Array(rowsSize(heads, length)).fill(row))),
          faulty: [...lengths.keys()].filter((row) => isFaulty(row)),
          keptRows: lengths.map((_, row) => Uint8Array.of(row)),
        };
        let row = 0;
        for (const [i, part] of (splitResult(works, result) as Computed[]).entries()) {
          const own = all[i]!.map((_, at) => row + at);
          const numbers = all[i]!.flatMap((length, at) => Array(rowsSize(heads, length)).fill(row + at));
          expect([...part.data]).toEqual(numbers);
          expect(part.keptRows!.map(([byte]) => byte)).toEqual(own);
          expect(part.faulty).toEqual(own.flatMap((at, place) => (isFaulty(at) ? [place] : [])));
          row += own.length;
        }
      }),
    );
  });

  test("gives each its texts' tokens", () => {
    const works = [encode("a", "b"), encode("c")];
    expect(joinWork(works)).toEqual(encode("a", "b", "c"));
    const result: Encoded = { rows: rows([2, 1, 3]).rows, totals: Int32Array.of(2, 9, 3) };
    const parts = splitResult(works, result) as Encoded[];
    expect(parts.map(({ rows, totals }) => [[...rows.ids], [...rows.lengths], [...totals]])).toEqual([
      [
        [0, 1, 2],
        [2, 1],
        [2, 9],
      ],
      [[3, 4, 5], [3], [3]],
    ]);
  });

  test("tells each its part of the time, and one of them the whole run", async () => {
    const { queue } = waiting([{ work: rows([10]) }, { work: rows([9]) }]);
    const told: unknown[] = [];
    const jobs = takeTogether(queue, 1).map((job) => ({
      ...job,
      resolve: (...all: unknown[]) => told.push(all.slice(1)),
    }));
    const timing = { tokenizeMs: 0, runMs: 19, postprocessMs: 38 };
    resolveTogether(jobs, { data: new Float32Array(6), faulty: [] }, timing);
    const run = { inputs: 2, tokens: 19, longest: 10 };
    expect(told).toEqual([
      [
        { tokenizeMs: 0, runMs: 10, postprocessMs: 20 },
        { ...run, leads: true },
      ],
      [
        { tokenizeMs: 0, runMs: 9, postprocessMs: 18 },
        { ...run, leads: false },
      ],
    ]);
  });
});
