import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mapAhead, type Window, windows } from "./windows.js";

const never = new Promise<never>(() => {});
const wait = () => new Promise((resolve) => setTimeout(resolve, 1));

async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

async function* asyncOf(texts: readonly string[], pause: (index: number) => boolean = () => false) {
  for (const [i, text] of texts.entries()) {
    if (pause(i)) await wait();
    yield text;
  }
}

describe("windows", () => {
  test("contain every text once, in order, and know their positions", async () => {
    const kinds = fc.constantFrom("list", "generator", "async", "slow" as const);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 600 }), kinds, async (count, kind) => {
        const texts = Array.from({ length: count }, (_, i) => `text ${i}`);
        const sources = {
          list: texts,
          generator: texts.values(),
          async: asyncOf(texts),
          slow: asyncOf(texts, (i) => i % 97 === 5),
        };
        const cut = await all(windows(sources[kind]));
        expect(cut.flatMap((window) => window.texts)).toEqual(texts);
        let offset = 0;
        for (const window of cut) {
          expect(window.offset).toBe(offset);
          offset += window.texts.length;
          expect(window.texts.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("end at 256 texts, or once they have a million characters", async () => {
    const counts = async (texts: Iterable<string>) => (await all(windows(texts))).map((window) => window.texts.length);
    expect(await counts(new Array(600).fill("x"))).toEqual([256, 256, 88]);
    expect(await counts(new Array(5).fill("x".repeat(1 << 19)))).toEqual([2, 2, 1]);
  });

  test("yield what a slow source has produced, without waiting for more", async () => {
    async function* source() {
      yield "early";
      yield "too";
      await never;
    }
    const first = await windows(source()).next();
    expect(first.value).toEqual({ offset: 0, texts: ["early", "too"] });
  });

  test("combine texts that are ready together, even from an async source", async () => {
    expect((await all(windows(asyncOf(new Array(300).fill("x"))))).map(({ texts }) => texts.length)).toEqual([256, 44]);
  });

  test("draw no more than is read", async () => {
    let drawn = 0;
    function* source() {
      for (;;) yield `text ${drawn++}`;
    }
    const cut = windows(source());
    await cut.next();
    expect(drawn).toBe(256);
  });

  for (const kind of ["sync", "async"] as const) {
    test(`close a ${kind} source that is left early`, async () => {
      let closed = 0;
      function* source() {
        try {
          for (;;) yield "x";
        } finally {
          closed++;
        }
      }
      async function* asyncSource() {
        yield* source();
      }
      for await (const _ of windows(kind === "sync" ? source() : asyncSource())) break;
      expect(closed).toBe(1);
    });

    test(`yield the texts before an error from a ${kind} source, and then the error`, async () => {
      function* source() {
        yield "one";
        yield "two";
        throw new Error("the disk is gone");
      }
      async function* asyncSource() {
        yield* source();
      }
      const cut = windows(kind === "sync" ? source() : asyncSource());
      expect((await cut.next()).value).toEqual({ offset: 0, texts: ["one", "two"] });
      await expect(cut.next()).rejects.toThrow("the disk is gone");
    });
  }

  test("do not call `return` of a source that has failed or ended", async () => {
    const returned: string[] = [];
    const source = (name: string, last: () => Promise<IteratorResult<string>>): AsyncIterable<string> => ({
      [Symbol.asyncIterator]: () => ({
        next: last,
        return: async () => {
          returned.push(name);
          return never;
        },
      }),
    });
    await expect(all(windows(source("failed", () => Promise.reject(new Error("no")))))).rejects.toThrow("no");
    expect(await all(windows(source("ended", async () => ({ done: true, value: undefined }))))).toEqual([]);
    expect(returned).toEqual([]);
  });

  test("tolerate a source whose `next` throws synchronously, or returns no promise", async () => {
    const source = (next: () => IteratorResult<string>) => ({ [Symbol.asyncIterator]: () => ({ next }) });
    let left = 2;
    // A plain JavaScript caller may pass this; `for await` accepts it too.
    const plain = source(() => (left-- > 0 ? { value: "x" } : { done: true, value: undefined })) as unknown;
    expect(await all(windows(plain as AsyncIterable<string>))).toEqual([{ offset: 0, texts: ["x", "x"] }]);
    const throwing = source(() => {
      throw new Error("at once");
    }) as unknown;
    await expect(all(windows(throwing as AsyncIterable<string>))).rejects.toThrow("at once");
  });

  test("do not fail on values that are not texts: these are reported later, by position", async () => {
    const odd = [1, null, "x"] as unknown as string[];
    expect((await all(windows(odd)))[0]?.texts).toEqual([1, null, "x"]);
  });
});

describe("mapAhead", () => {
  async function* upTo(count: number, onDraw: (i: number) => void = () => {}) {
    for (let i = 0; i < count; i++) {
      onDraw(i);
      yield i;
    }
  }

  test("keeps the order, whatever each item takes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(3), { maxLength: 12 }),
        fc.integer({ min: 1, max: 4 }),
        async (pauses, ahead) => {
          const mapped = mapAhead(upTo(pauses.length), ahead, async (i) => {
            for (let left = pauses[i]!; left > 0; left--) await wait();
            return i;
          });
          expect(await all(mapped)).toEqual(pauses.map((_, i) => i));
        },
      ),
      { numRuns: 30 },
    );
  });

  test("has at most `ahead` items in flight, and reaches that", async () => {
    let running = 0;
    let most = 0;
    const mapped = mapAhead(upTo(20), 3, async (i) => {
      most = Math.max(most, ++running);
      await wait();
      running--;
      return i;
    });
    expect(await all(mapped)).toHaveLength(20);
    expect(most).toBe(3);
  });

  test("weighs what is in flight: many light items, few heavy ones", async () => {
    let underWay = 0;
    let most = 0;
    const weights = [1, 1, 1, 1, 1, 1, 4, 4, 1, 1];
    const mapped = mapAhead(
      upTo(weights.length),
      4,
      async (i) => {
        underWay += weights[i]!;
        most = Math.max(most, underWay);
        await wait();
        underWay -= weights[i]!;
        return i;
      },
      (i) => weights[i]!,
    );
    expect(await all(mapped)).toEqual(weights.map((_, i) => i));
    // An item that starts below the bound may exceed it.
    expect(most).toBeGreaterThanOrEqual(4);
    expect(most).toBeLessThanOrEqual(3 + 4);
  });

  test("draws nothing while nobody reads", async () => {
    let drawn = 0;
    const mapped = mapAhead(
      upTo(100, () => drawn++),
      2,
      async (i) => i,
    );
    await mapped.next();
    await wait();
    const afterOne = drawn;
    await wait();
    expect(drawn).toBe(afterOne);
    expect(drawn).toBeLessThanOrEqual(3);
  });

  test("yields a finished result while the source is slow", async () => {
    async function* source() {
      yield "early";
      await never;
    }
    expect((await mapAhead(source(), 2, async (text) => text).next()).value).toBe("early");
  });

  test("throws an error from `map` in its place, and closes the source", async () => {
    let closed = false;
    async function* source() {
      try {
        for (let i = 0; ; i++) yield i;
      } finally {
        closed = true;
      }
    }
    const mapped = mapAhead(source(), 2, async (i) => {
      if (i === 2) throw new Error("third");
      await wait();
      return i;
    });
    expect((await mapped.next()).value).toBe(0);
    expect((await mapped.next()).value).toBe(1);
    await expect(mapped.next()).rejects.toThrow("third");
    await wait();
    expect(closed).toBe(true);
  });

  test("throws an error from the source after the results before it", async () => {
    async function* source() {
      yield "one";
      yield "two";
      throw new Error("source");
    }
    const mapped = mapAhead(source(), 3, async (text) => {
      await wait();
      return text;
    });
    expect((await mapped.next()).value).toBe("one");
    expect((await mapped.next()).value).toBe("two");
    await expect(mapped.next()).rejects.toThrow("source");
    expect((await mapped.next()).done).toBe(true);
  });

  test("lets its reader leave even if the source hangs", async () => {
    async function* source() {
      yield 1;
      await never;
    }
    for await (const item of mapAhead(source(), 2, async (i) => i)) {
      expect(item).toBe(1);
      break;
    }
  });

  test("leaves no rejection unhandled when its reader has left", async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", listener);
    for await (const _ of mapAhead(upTo(9), 3, async (i) => {
      if (i > 0) await wait().then(() => Promise.reject(new Error("nobody is there")));
    })) {
      break;
    }
    await wait();
    await wait();
    await wait();
    process.off("unhandledRejection", listener);
    expect(unhandled).toEqual([]);
  });

  test("windows of a slow source flow through it one by one", async () => {
    const gates = Array.from({ length: 3 }, () => resolvers());
    async function* source() {
      for (const [i, gate] of gates.entries()) {
        await gate.promise;
        yield `text ${i}`;
      }
    }
    const mapped = mapAhead(windows(source()), 2, async (window: Window) => window.texts);
    for (const [i, gate] of gates.entries()) {
      gate.resolve();
      expect((await mapped.next()).value).toEqual([`text ${i}`]);
    }
    expect((await mapped.next()).done).toBe(true);
  });
});

/** `Promise.withResolvers`, which Node 20 does not have. */
function resolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
