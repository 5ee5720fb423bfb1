import { describe, expect, test } from "vitest";
import type { ModelReference } from "../api/model.js";
import { checkReference, completeSpec } from "./facts.js";

const refusal = (parameter: string) => expect.objectContaining({ code: "INVALID_OPTION", parameter });

describe("checkReference", () => {
  test("accepts an id, a folder, or both with facts, and drops `undefined`", () => {
    expect(checkReference({ id: "BAAI/bge-m3" })).toEqual({ id: "BAAI/bge-m3" });
    const own: ModelReference = { directory: "./x", pooling: "mean", dimensions: 3, queryInstruction: "" };
    expect(checkReference(own)).toEqual(own);
    expect(checkReference({ directory: "./x", id: undefined } as object)).toEqual({ directory: "./x" });
  });

  test("requires an id or a folder", () => {
    expect(() => checkReference({ pooling: "cls" })).toThrow(refusal("model"));
    expect(() => checkReference({})).toThrow(refusal("model"));
  });

  test.each([null, 3, true, ["./x"]])("refuses %j", (model) => {
    expect(() => checkReference(model as unknown as ModelReference)).toThrow(refusal("model"));
  });

  test.each([
    ["id", ""],
    ["directory", 7],
    ["dtype", "q4"],
    ["batching", "sorted"],
    ["kind", "reader"],
    ["architecture", "gpt2"],
    ["pooling", "max"],
    ["dimensions", 0],
    ["maxTokens", 1.5],
    ["queryInstruction", false],
    ["lateInteraction", 1],
    ["instruction", "x"],
    ["__proto__", "x"],
    ["hasOwnProperty", "x"],
  ])("refuses %s: %j", (name, value) => {
    const model = JSON.parse(
      JSON.stringify({ id: "a" }).replace("}", `,${JSON.stringify(name)}:${JSON.stringify(value)}}`),
    );
    expect(() => checkReference(model)).toThrow(refusal(name));
  });
});

describe("completeSpec", () => {
  const facts = {
    id: "mine",
    kind: "embedding",
    architecture: "bert",
    maxTokens: 512,
    pooling: "mean",
    dimensions: 48,
    queryInstruction: "",
  } as const;

  test("returns the facts of the model, without those of its files", () => {
    expect(completeSpec({ ...facts, dtype: "int8", batching: "alone" }, "/x")).toEqual({
      ...facts,
      licence: "unknown",
      similarity: "cosine",
    });
  });

  test.each(["kind", "architecture", "maxTokens", "pooling", "dimensions", "queryInstruction"] as const)(
    "never guesses the %s: an error says how to pass it",
    (name) => {
      const { [name]: _, ...rest } = facts;
      const complete = () => completeSpec(rest, "/models/mine");
      expect(complete).toThrow(expect.objectContaining({ code: "MODEL_MISMATCH", parameter: name }));
      expect(complete).toThrow(`{ directory: "/models/mine", ${name}: ... }`);
    },
  );

  test("requires no pooling for a reranker", () => {
    const spec = completeSpec({ kind: "reranker", architecture: "xlm-roberta", maxTokens: 512 }, "/x");
    expect(spec).toEqual({
      id: "/x",
      kind: "reranker",
      architecture: "xlm-roberta",
      maxTokens: 512,
      licence: "unknown",
    });
  });
});
