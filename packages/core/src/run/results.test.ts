import { describe, expect, test } from "vitest";
import { BgeError, listed } from "../api/errors.js";
import { allOrError, type FinishedText, located, type TextResult } from "./results.js";

const good = (value: number): TextResult => ({ data: Float32Array.of(value), tokens: 3, kept: 3 });
const bad = (message: string): TextResult => ({ error: new BgeError("WORKER_LOST", message) });

describe("allOrError", () => {
  const first = ({ data }: FinishedText) => data[0]!;

  test("returns all values in order", async () => {
    expect(await allOrError([good(1), good(2)], (result) => first(result) * 10)).toEqual([10, 20]);
    expect(await allOrError([], first)).toEqual([]);
  });

  test("throws the first failure with all failed positions and the finished values", async () => {
    const failing = () => allOrError([good(1), bad("first"), good(3), bad("second")], first);
    await expect(failing).rejects.toThrow(
      expect.objectContaining({
        code: "WORKER_LOST",
        index: 1,
        indices: [1, 3],
        completed: [1, undefined, 3, undefined],
      }),
    );
    await expect(failing).rejects.toThrow("first (input index 1, 3). Of other inputs: index 3: second");
  });
});

describe("located", () => {
  test("keeps code, parameter and the first cause", () => {
    const cause = new Error("native");
    const error = new BgeError("INVALID_INPUT", "bad", { parameter: "text", cause });
    expect(located(error, [4])).toMatchObject({ code: "INVALID_INPUT", parameter: "text", index: 4, cause });
    const plain = new BgeError("INFERENCE_FAILED", "bad");
    expect(located(plain, [4]).cause).toBe(plain);
    expect("completed" in located(plain, [4])).toBe(false);
  });
});

describe("BgeError", () => {
  test("is an Error with exactly the details it was given", () => {
    const bare = new BgeError("DISPOSED", "gone");
    expect(bare).toBeInstanceOf(Error);
    expect(String(bare)).toBe("BgeError: gone");
    expect(Object.keys(bare).sort()).toEqual(["code", "name"]);
    expect(new BgeError("INVALID_INPUT", "", { indices: [2, 5] })).toMatchObject({ index: 2, indices: [2, 5] });
  });
});

test("listed shows ten and counts the rest", () => {
  expect(listed([1, 2])).toBe("1, 2");
  expect(listed(Array.from({ length: 12 }, (_, i) => i))).toBe("0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more");
});
