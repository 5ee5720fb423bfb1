import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { BgeError, messageOf } from "./api/errors.js";
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
