import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { BgeError, messageOf, shown } from "./api/errors.js";
import { checkOptions, isAbortSignal } from "./checks.js";
import { EMBEDDER_OPTIONS } from "./model/options.js";
import { ownFloats } from "./protocol.js";
import { CALL_OPTIONS } from "./run/call-options.js";

/** A value as code in another realm would pass it: none of its classes are ours. */
const elsewhere = (code: string): unknown => runInNewContext(code);
const signalElsewhere = elsewhere(`
  class AbortSignal extends Object { aborted = false; addEventListener() {} removeEventListener() {} throwIfAborted() {} }
  new AbortSignal();
`) as AbortSignal;

it("returns numbers from another realm as this realm's class, over the same memory", () => {
  const foreign = elsewhere("new Float32Array([0, 1, 2, 3]).subarray(1, 3)") as Float32Array;
  expect(foreign).not.toBeInstanceOf(Float32Array);
  const own = ownFloats(foreign);
  expect(own).toBeInstanceOf(Float32Array);
  expect([...own]).toEqual([1, 2]);
  expect(own.buffer).toBe(foreign.buffer);
  expect(ownFloats(own)).toBe(own);
});

it("accepts a signal from another realm wherever a signal is accepted", () => {
  expect(signalElsewhere).not.toBeInstanceOf(AbortSignal);
  const options = { signal: signalElsewhere };
  expect(checkOptions(options, EMBEDDER_OPTIONS, "loadEmbedder")).toEqual(options);
  expect(checkOptions(options, CALL_OPTIONS.rerank, "rerank")).toEqual(options);
});

it.each([undefined, null, "soon", {}, { aborted: true }, { aborted: false, addEventListener() {} }])(
  "knows that %j is not a signal",
  (value) => {
    expect(isAbortSignal(value)).toBe(false);
  },
);

it("reads the message of any thrown value, including errors from another realm", () => {
  expect(messageOf(elsewhere('new TypeError("no such file")'))).toBe("no such file");
  expect(messageOf(new BgeError("DISPOSED", "gone"))).toBe("gone");
  expect(messageOf(new DOMException("aborted"))).toBe("aborted");
  expect(messageOf("text")).toBe("text");
  expect(messageOf(null)).toBe("null");
});

it("shows a value as JSON, and a typed array by its class and length", () => {
  const date = new Date(0);
  const value = { text: "a", list: [1, null, undefined, { b: true }], none: undefined, call() {}, date };
  expect(shown(value)).toBe(JSON.stringify(value));
  expect(shown("a\nb")).toBe('"a\\nb"');
  expect(shown(Object.create(null))).toBe("{}");
  expect(shown(new Float32Array(3e6))).toBe("Float32Array of length 3000000");
  expect(shown(new DataView(new ArrayBuffer(8)))).toBe("DataView of length 8");
  expect(shown({ id: "a", data: Buffer.alloc(3) })).toBe('{"id":"a","data":"Uint8Array of length 3"}');
});

it("reads no more of a value than it shows, at any depth", () => {
  let reads = 0;
  const counted = <T extends object>(value: T): T =>
    new Proxy(value, {
      get(target, name, receiver) {
        reads++;
        return Reflect.get(target, name, receiver);
      },
    });
  const list = counted(new Array<number>(100_000).fill(0.25));
  const record = counted(Object.fromEntries([...list].map((value, i) => [`name ${i}`, value])));
  const itself: Record<string, unknown> = {};
  itself["itself"] = itself;
  for (const value of [list, record, [[list], { list }], { toJSON: () => list }, itself, "x".repeat(100_000)]) {
    reads = 0;
    const text = shown(value);
    expect(text).toHaveLength(201);
    expect(text).toMatch(/…$/);
    expect(reads).toBeLessThan(2000);
  }
});
