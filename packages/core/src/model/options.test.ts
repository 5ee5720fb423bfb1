import { describe, expect, test } from "vitest";
import type { EmbeddingSpec } from "../api/model.js";
import type { EmbedderOptions, RerankerOptions } from "../api/options.js";
import { checkOptions } from "../checks.js";
import { checkThreads, dimensionsOf, EMBEDDER_OPTIONS, maxTokensOf, RERANKER_OPTIONS, refuse } from "./options.js";
import { findModel } from "./table.js";

const refusal = (parameter: string) => expect.objectContaining({ name: "BgeError", code: "INVALID_OPTION", parameter });
const small = findModel("BAAI/bge-small-en-v1.5") as EmbeddingSpec;
const m3 = findModel("BAAI/bge-m3") as EmbeddingSpec;

const ofEmbedder = (options: object) => checkOptions(options as EmbedderOptions, EMBEDDER_OPTIONS, "loadEmbedder");
const ofReranker = (options: object) => checkOptions(options as RerankerOptions, RERANKER_OPTIONS, "loadReranker");

describe("the loaders' options", () => {
  test("returns every valid option unchanged", () => {
    const options: EmbedderOptions = {
      dtype: "q8",
      maxTokens: 256,
      dimensions: 128,
      queryInstruction: false,
      truncation: "error",
      onTruncate: () => {},
      threads: 4,
      workers: 4,
      revision: "refs/pr/1",
      download: false,
      onDownload: () => {},
      endpoint: "https://mirror.example",
      signal: new AbortController().signal,
    };
    expect(ofEmbedder(options)).toEqual(options);
    const weights = { dense: 1, sparse: 0, multiVector: 0.5 };
    const { task: _, examples: __, outputs: ___, ...common } = options;
    expect(ofReranker({ ...common, scale: "sigmoid", cutoffLayer: 8, weights })).toMatchObject({ weights });
  });

  test("counts `undefined` as not given", () => {
    // What a plain JavaScript caller may pass.
    expect(ofEmbedder({ dtype: undefined, onTruncate: undefined })).toEqual({});
  });

  test.each([
    ["quantized", true],
    ["maxtokens", 3],
    ["toString", 1],
    ["constructor", 1],
  ])("refuses the unknown option %s, and names those that are", (name, value) => {
    expect(() => ofEmbedder({ [name]: value })).toThrow(refusal(name));
    expect(() => ofEmbedder({ [name]: value })).toThrow(
      /is not an option of loadEmbedder\. Known options: dtype, revision/,
    );
  });

  test("rejects options of the other loader", () => {
    for (const name of ["scale", "cutoffLayer", "weights"])
      expect(() => ofEmbedder({ [name]: 1 })).toThrow(refusal(name));
    for (const name of ["task", "examples", "outputs"]) expect(() => ofReranker({ [name]: 1 })).toThrow(refusal(name));
  });

  test.each([
    ["dtype", "int4"],
    ["dtype", 8],
    ["maxTokens", 0],
    ["maxTokens", 1.5],
    ["maxTokens", "512"],
    ["maxTokens", Number.NaN],
    ["dimensions", -1],
    ["queryInstruction", true],
    ["queryInstruction", null],
    ["truncation", "cut"],
    ["truncation", true],
    ["onTruncate", "console.log"],
    ["device", "gpu"],
    ["canaries", 1],
    ["threads", 0],
    ["workers", Number.POSITIVE_INFINITY],
    ["scale", "cosine"],
    ["revision", "../main"],
    ["revision", 1],
    ["download", "no"],
    ["onDownload", true],
    ["endpoint", 443],
    ["signal", "soon"],
  ])("refuses %s: %j, and says both", (name, value) => {
    for (const check of name === "scale" ? [ofReranker] : [ofEmbedder, ofReranker]) {
      expect(() => check({ [name]: value })).toThrow(refusal(name));
      expect(() => check({ [name]: value })).toThrow(String(value));
    }
  });

  test.each([null, 3, "int8", undefined, []])("refuses %j in the place of options", (options) => {
    expect(() => ofEmbedder(options as unknown as object)).toThrow(refusal("options"));
  });
});

test("checkThreads rejects more workers than threads", () => {
  expect(() => checkThreads({ threads: 2, workers: 3 })).toThrow(refusal("workers"));
  expect(() => checkThreads({ threads: 1025 })).toThrow(refusal("threads"));
  expect(() => checkThreads({ workers: 9_999_999 })).toThrow(refusal("workers"));
  checkThreads({ threads: 2, workers: 2 });
  checkThreads({ workers: 3 });
});

test("refuse names an option that does not apply to the model, and says why", () => {
  expect(() => refuse({ scale: "logit" }, ["scale"], "it has no scores")).toThrow(refusal("scale"));
  expect(() => refuse({ scale: "logit" }, ["scale"], "it has no scores")).toThrow("it has no scores");
  refuse<RerankerOptions>({ threads: 1 }, ["scale", "dimensions"], "");
});

test("maxTokensOf is the option, else the model's default, else its limit", () => {
  expect(maxTokensOf({}, small, 3)).toBe(512);
  expect(maxTokensOf({}, m3, 3)).toBe(512);
  expect(maxTokensOf({ maxTokens: 8192 }, m3, 3)).toBe(8192);
  expect(maxTokensOf({ maxTokens: 3 }, small, 3)).toBe(3);
  expect(() => maxTokensOf({ maxTokens: 513 }, small, 3)).toThrow(refusal("maxTokens"));
  expect(() => maxTokensOf({ maxTokens: 2 }, small, 3)).toThrow(/3 to 512 for BAAI\/bge-small-en-v1\.5, not 2/);
});

test("dimensionsOf is the option, up to the model's dimensions", () => {
  expect(dimensionsOf({}, small)).toBe(384);
  expect(dimensionsOf({ dimensions: 1 }, small)).toBe(1);
  expect(dimensionsOf({ dimensions: 384 }, small)).toBe(384);
  expect(() => dimensionsOf({ dimensions: 385 }, small)).toThrow(refusal("dimensions"));
});
