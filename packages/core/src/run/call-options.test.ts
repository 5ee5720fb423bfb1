import { expect, test } from "vitest";
import { checkOptions } from "../checks.js";
import { CALL_OPTIONS } from "./call-options.js";

const refusal = (parameter: string) => expect.objectContaining({ code: "INVALID_OPTION", parameter });

test.each([
  [{ topN: 0 }, "topN"],
  [{ topN: -1 }, "topN"],
  [{ topN: 1.5 }, "topN"],
  [{ topN: Number.POSITIVE_INFINITY }, "topN"],
  [{ topN: "3" }, "topN"],
  [{ threshold: Number.NaN }, "threshold"],
  [{ threshold: "0.5" }, "threshold"],
  [{ inputType: "query" }, "inputType"],
  [{ deadlineMs: Number.NaN }, "deadlineMs"],
  [{ signal: "soon" }, "signal"],
])("rerank refuses %j", (options, parameter) => {
  expect(() => checkOptions(options as object, CALL_OPTIONS.rerank, "rerank")).toThrow(refusal(parameter));
});

test("rerank accepts meaningful limits, and none", () => {
  expect(checkOptions({}, CALL_OPTIONS.rerank, "rerank")).toEqual({});
  expect(checkOptions({ topN: 1, threshold: -3.5 }, CALL_OPTIONS.rerank, "rerank")).toEqual({
    topN: 1,
    threshold: -3.5,
  });
});

test("the input type is one of two, and must be passed if required", () => {
  const check = (options: object) =>
    checkOptions(options as { inputType: "query" }, CALL_OPTIONS.embedTokens, "embedTokens", ["inputType"]);
  for (const inputType of ["query", "document"]) expect(check({ inputType })).toEqual({ inputType });
  for (const inputType of ["passage", "", undefined, null])
    expect(() => check({ inputType })).toThrow(refusal("inputType"));
  expect(() => check({})).toThrow(refusal("inputType"));
});
