import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BgeError } from "../api/errors.js";
import { checkText, checkTexts } from "./input.js";

function errorOf(check: () => void): BgeError {
  try {
    check();
  } catch (error) {
    expect(error).toBeInstanceOf(BgeError);
    return error as BgeError;
  }
  throw new Error("nothing was thrown");
}

describe("checkTexts", () => {
  test("accepts any list of well-formed strings, including empty ones and duplicates", () => {
    checkTexts([], "texts");
    checkTexts(["", "", " \n", "💡", "ΟΔΟΣ", "\u0000"], "texts");
    fc.assert(fc.property(fc.array(fc.string({ unit: "binary" })), (texts) => checkTexts(texts, "texts")));
  });

  test("names every invalid index, and no valid one", () => {
    const bad = fc.constantFrom<unknown>(null, undefined, 7, {}, ["x"], "\ud800", "a\udc00b", "\udc00\ud800");
    const item = fc.oneof(fc.string(), bad);
    fc.assert(
      fc.property(fc.array(item), (items) => {
        const wrong = items.flatMap((one, i) => (typeof one === "string" && one.isWellFormed() ? [] : [i]));
        fc.pre(wrong.length > 0);
        const error = errorOf(() => checkTexts(items as string[], "documents"));
        expect(error).toMatchObject({ code: "INVALID_INPUT", parameter: "documents", index: wrong[0], indices: wrong });
      }),
    );
  });

  test("sees the holes of a sparse list", () => {
    const sparse = ["a", "b", "c", "d"];
    delete sparse[1];
    delete sparse[2];
    expect(errorOf(() => checkTexts(sparse, "texts")).indices).toEqual([1, 2]);
    expect(errorOf(() => checkTexts(new Array(3), "texts")).indices).toEqual([0, 1, 2]);
  });

  test("describes each of them, and after ten the number of others", () => {
    const error = errorOf(() => checkTexts([null, 7, "\ud800", ...new Array(20).fill({})] as string[], "texts"));
    expect(error.message).toMatch(/^23 of 23 texts cannot be used: index 0 \(null, not a string\), 1 \(number, not/);
    expect(error.message).toMatch(/2 \(a lone surrogate/);
    expect(error.message).toMatch(/and 13 more\. Nothing was run\.$/);
    expect(error.indices).toHaveLength(23);
  });

  test.each(["a text", null, undefined, 7, new Set(["a"]), { length: 1, 0: "a" }])(
    "refuses %j in the place of a list",
    (texts) => {
      expect(errorOf(() => checkTexts(texts as unknown as string[], "texts"))).toMatchObject({
        code: "INVALID_INPUT",
        parameter: "texts",
      });
    },
  );
});

test("checkText rejects anything but a well-formed string", () => {
  checkText("", "query");
  for (const text of [null, undefined, 1, ["x"], "\udfff"]) {
    expect(errorOf(() => checkText(text as string, "query"))).toMatchObject({
      code: "INVALID_INPUT",
      parameter: "query",
    });
  }
});
