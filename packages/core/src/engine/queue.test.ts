import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createQueue, type FairQueue, type Lane } from "./queue.js";

function laneOf<T>(urgent = false): Lane<T> {
  return { urgent, items: [] };
}

function takeAll<T>(queue: FairQueue<T>): T[] {
  return Array.from({ length: queue.size }, () => queue.next()!);
}

describe("the queue", () => {
  test("returns a caller's work in the order it was pushed, and `undefined` when there is none", () => {
    const queue = createQueue<number>();
    const lane = laneOf<number>();
    for (let i = 0; i < 5; i++) queue.push(lane, i);
    expect(takeAll(queue)).toEqual([0, 1, 2, 3, 4]);
    expect(queue.next()).toBeUndefined();
  });

  test("serves callers in turn, so that a small one does not wait for a big one to end", () => {
    const queue = createQueue<string>();
    const [big, small] = [laneOf<string>(), laneOf<string>()];
    for (let i = 0; i < 4; i++) queue.push(big, `big ${i}`);
    for (let i = 0; i < 2; i++) queue.push(small, `small ${i}`);
    expect(takeAll(queue)).toEqual(["big 0", "small 0", "big 1", "small 1", "big 2", "big 3"]);
  });

  test("serves queries before documents that came earlier", () => {
    const queue = createQueue<string>();
    const [documents, query] = [laneOf<string>(), laneOf<string>(true)];
    queue.push(documents, "document");
    expect(queue.urgent).toBe(false);
    queue.push(query, "query");
    expect(queue.urgent).toBe(true);
    expect(takeAll(queue)).toEqual(["query", "document"]);
  });

  test("serves one waiting document after eight queries in a row", () => {
    const queue = createQueue<string>();
    const [documents, queries] = [laneOf<string>(), laneOf<string>(true)];
    for (let i = 0; i < 3; i++) queue.push(documents, "d");
    for (let i = 0; i < 18; i++) queue.push(queries, "q");
    expect(takeAll(queue).join("")).toBe("qqqqqqqqdqqqqqqqqdqqd");
  });

  test("drops only one lane's work, even of a caller who then pushes again", () => {
    const queue = createQueue<string>();
    const [gone, stays] = [laneOf<string>(), laneOf<string>()];
    queue.push(gone, "a");
    queue.push(stays, "b");
    queue.push(gone, "c");
    expect(queue.drop(gone)).toEqual(["a", "c"]);
    expect(queue.size).toBe(1);
    queue.push(gone, "d");
    expect(takeAll(queue)).toEqual(["b", "d"]);
  });

  test("weighs what is ahead of a newcomer: for a query the queries, for a document everything", () => {
    const queue = createQueue<number>((item) => item);
    const [documents, queries] = [laneOf<number>(), laneOf<number>(true)];
    queue.push(documents, 10);
    queue.push(documents, 20);
    queue.push(queries, 3);
    expect([queue.ahead(true), queue.ahead(false)]).toEqual([3, 33]);
    queue.next();
    expect([queue.ahead(true), queue.ahead(false)]).toEqual([0, 30]);
    queue.next();
    queue.putBack(documents, 10);
    expect([queue.size, queue.ahead(false)]).toEqual([2, 30]);
    expect(queue.drop(documents)).toEqual([10, 20]);
    expect([queue.ahead(true), queue.ahead(false)]).toEqual([0, 0]);
  });

  test("takes back an item, ahead of the rest of its lane", () => {
    const queue = createQueue<string>();
    const [one, other] = [laneOf<string>(), laneOf<string>()];
    for (const item of ["a", "b"]) queue.push(one, item);
    queue.push(other, "x");
    queue.putBack(one, queue.next()!);
    expect(takeAll(queue)).toEqual(["x", "a", "b"]);
  });

  test("takes the first item of those wanted, in turn, and passes over lanes that keep theirs", () => {
    const queue = createQueue<string>();
    const lanes = [laneOf<string>(), laneOf<string>(), laneOf<string>(), laneOf<string>(true)];
    for (const item of ["a1", "a2"]) queue.push(lanes[0]!, item);
    for (const item of ["b1", "b2"]) queue.push(lanes[1]!, item);
    for (const item of ["a3", "a4"]) queue.push(lanes[2]!, item);
    queue.push(lanes[3]!, "a5");
    const wants = (item: string) => item.startsWith("a");
    const taken = Array.from({ length: 5 }, () => queue.nextOf(false, wants));
    expect(taken).toEqual(["a1", "a3", "a2", "a4", undefined]);
    expect(takeAll(queue)).toEqual(["a5", "b1", "b2"]);
  });

  test("lets items of other lanes ride along that are as urgent, and keeps the order of those that stay", () => {
    const queue = createQueue<string>((item) => item.length);
    const lanes = [laneOf<string>(), laneOf<string>(), laneOf<string>(true)];
    for (const item of ["a", "take b", "c"]) queue.push(lanes[0]!, item);
    queue.push(lanes[1]!, "take d");
    queue.push(lanes[2]!, "take e");
    const wants = (item: string) => item.startsWith("take");
    expect(queue.takeAlong(lanes[1]!, wants)).toEqual(["take b"]);
    expect([queue.size, queue.ahead(false)]).toEqual([4, 14]);
    expect(queue.takeAlong(lanes[1]!, wants)).toEqual([]);
    expect(takeAll(queue)).toEqual(["take e", "a", "take d", "c"]);
  });

  test("never lets queries starve documents: of any nine takes with documents waiting, one is a document", () => {
    // Lanes 0-2 hold queries, 3-5 documents; a number above 5 is a take.
    fc.assert(
      fc.property(fc.array(fc.nat(9), { maxLength: 300 }), (steps) => {
        const queue = createQueue<{ urgent: boolean }>();
        const lanes = Array.from({ length: 6 }, (_, i) => laneOf<{ urgent: boolean }>(i < 3));
        let queriesInARow = 0;
        for (const step of steps) {
          const lane = lanes[step];
          if (lane !== undefined) {
            queue.push(lane, { urgent: lane.urgent });
            continue;
          }
          const waiting = lanes.some(({ urgent, items }) => !urgent && items.length > 0);
          const taken = queue.next();
          queriesInARow = taken?.urgent && waiting ? queriesInARow + 1 : 0;
          expect(queriesInARow).toBeLessThan(9);
        }
      }),
    );
  });

  test("returns exactly what was pushed and not dropped, in any order of steps", () => {
    const step = fc.record({ do: fc.constantFrom("push", "next", "drop"), lane: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const queue = createQueue<number>();
        const lanes = Array.from({ length: 6 }, (_, i) => laneOf<number>(i % 2 === 0));
        const model = lanes.map((): number[] => []);
        let made = 0;
        for (const { do: what, lane } of steps) {
          if (what === "push") {
            model[lane]!.push(made);
            queue.push(lanes[lane]!, made++);
          } else if (what === "drop") {
            expect(queue.drop(lanes[lane]!)).toEqual(model[lane]!.splice(0));
          } else {
            const item = queue.next();
            const firsts = model.flatMap(([first]) => (first === undefined ? [] : [first]));
            if (item === undefined) expect(firsts).toEqual([]);
            else {
              expect(firsts).toContain(item);
              model.find(([first]) => first === item)!.shift();
            }
          }
          expect(queue.size).toBe(model.flat().length);
          expect(queue.urgent).toBe(model.some((items, i) => i % 2 === 0 && items.length > 0));
        }
      }),
    );
  });

  test("serves every caller of a kind once before one of them twice", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 }), (counts) => {
        const queue = createQueue<number>();
        for (const [caller, count] of counts.entries()) {
          const lane = laneOf<number>();
          for (let i = 0; i < count; i++) queue.push(lane, caller);
        }
        // Round r serves, in order, every caller with more than r items.
        const rounds = Array.from({ length: 9 }, (_, round) =>
          counts.flatMap((count, caller) => (count > round ? [caller] : [])),
        );
        expect(takeAll(queue)).toEqual(rounds.flat());
      }),
    );
  });
});
