import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BgeError } from "../api/errors.js";
import type { Work } from "../protocol.js";
import { inputsOf, tokensOf } from "../protocol.js";
import { createCall, type Job } from "./call.js";
import { createQueue } from "./queue.js";

const LOST = new BgeError("WORKER_LOST", "killed");
const encode = (...texts: string[]): Work => ({ type: "encode", texts, encoding: { form: "count" } });
const rows = (...lengths: number[]): Work => ({
  type: "run",
  rows: {
    ids: new Int32Array(lengths.reduce((sum, length) => sum + length, 0)),
    lengths: Int32Array.from(lengths),
    seconds: new Int32Array(lengths.length),
  },
  heads: [{ type: "logit", output: "logits" }],
});
const newQueue = () => createQueue<Job>(({ tokens }) => tokens);
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "done",
    (error: BgeError) => error.code,
  );

describe("the weight of work", () => {
  test("is its tokens, or one per four bytes of a text not yet tokenized, plus one", () => {
    expect(tokensOf(rows(3, 5))).toBe(8);
    expect(tokensOf(encode("", "four", "fives", "北京"))).toBe(1 + 2 + 3 + 3);
    expect([inputsOf(rows(3, 5)), inputsOf(encode("a"))]).toEqual([2, 1]);
  });
});

describe("a call", () => {
  test("is rejected whole if its first work finds too much queued; an admitted one is carried through", async () => {
    const queue = newQueue();
    const settings = { maxQueuedTokens: 4 };
    const [first, second] = [createCall(queue, () => {}, settings), createCall(queue, () => {}, settings)];
    void first.run(rows(100)).catch(() => {});
    void first.run(rows(100)).catch(() => {});
    expect(await codeOf(second.run(rows(1)))).toBe("OVERLOADED");
    expect(second.ended()).toBe(true);
    while (queue.next() !== undefined);
    expect(await codeOf(second.run(rows(1)))).toBe("OVERLOADED");
    expect(queue.size).toBe(0);
    void first.run(rows(1)).catch(() => {});
    expect(queue.size).toBe(1);
  });

  test("drops queued work when closed, and rejects it, running and later work with the given error", async () => {
    const queue = newQueue();
    const call = createCall(queue, () => {}, {});
    const running = codeOf(call.run(rows(1)));
    const job = queue.next()!;
    const waiting = codeOf(call.run(rows(1)));
    call.close(new BgeError("DEADLINE_EXCEEDED", "late"));
    call.close();
    expect(queue.size).toBe(0);
    expect(await Promise.all([running, waiting, codeOf(call.run(rows(1)))])).toEqual(
      new Array(3).fill("DEADLINE_EXCEEDED"),
    );
    // The worker may still respond, or die.
    expect(job.lost()).toBe(false);
    job.reject(LOST);
  });

  test.each([
    ["one input, retryLost", rows(5), true, true, 2],
    ["one input that its sender will send again", rows(5), true, false, 1],
    ["several inputs", rows(5, 5), true, true, 1],
    ["one text", encode("a"), true, true, 2],
    ["not asked for", rows(5), false, true, 1],
  ] as const)("gives lost work to so many workers: %s", async (_, work, retryLost, again, most) => {
    const queue = newQueue();
    const call = createCall(queue, () => {}, { retryLost });
    const outcome = call.run(work, { again }).catch((error: unknown) => error as BgeError);
    const job = queue.next()!;
    let workers = 1;
    while (job.lost()) workers++;
    expect(workers).toBe(most);
    job.reject(LOST);
    const error = (await outcome) as BgeError;
    expect(error.code).toBe("WORKER_LOST");
    expect(error.message.includes("not tried again")).toBe(workers === 2);
  });

  test("never admits more than the limit plus one call's own work, in any order of calls", () => {
    const step = fc.record({ call: fc.nat(9), tokens: fc.integer({ min: 1, max: 50 }), take: fc.boolean() });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.array(step, { maxLength: 200 }), (maxQueuedTokens, steps) => {
        const queue = newQueue();
        const calls = Array.from({ length: 10 }, () => createCall(queue, () => {}, { maxQueuedTokens }));
        const begun = new Set<number>();
        for (const { call: at, tokens, take } of steps) {
          if (take) queue.next();
          const [call, before] = [calls[at]!, queue.ahead(false)];
          const newcomer = !begun.has(at);
          begun.add(at);
          void call.run(rows(tokens)).catch(() => {});
          if (newcomer) expect(call.ended()).toBe(before >= maxQueuedTokens);
          expect(queue.ahead(false)).toBe(call.ended() ? before : before + tokens);
        }
      }),
    );
  });
});
