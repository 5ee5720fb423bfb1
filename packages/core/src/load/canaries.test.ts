import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { folderOf } from "../../../../test/support/folders.js";
import { readPairCanaries, readTextCanaries } from "./canaries.js";

/** float16 of 1 and of 0.5, little-endian. */
const VECTOR = Buffer.from([0x00, 0x3c, 0x00, 0x38]).toString("base64");
const GOOD = { pooling: "cls", encoding: "float16", texts: [{ text: "a", vector: VECTOR, cosine: { int8: 0.999 } }] };
const read = (content: unknown) => readTextCanaries(folderOf({ "canaries.json": content }), 2);

test("no file, no canaries", () => {
  expect(readTextCanaries(folderOf(), 2)).toBeUndefined();
});

test("vectors are read, and normalised", () => {
  const { pooling, texts } = read(GOOD)!;
  expect([pooling, texts.length, texts[0]!.text, texts[0]!.cosine]).toEqual(["cls", 1, "a", { int8: 0.999 }]);
  expect(Math.hypot(...texts[0]!.vector)).toBeCloseTo(1, 6);
  expect(texts[0]!.vector[0]! / texts[0]!.vector[1]!).toBeCloseTo(2, 6);
});

test("different content has a different hash", () => {
  expect(read(GOOD)!.hash).toBe(read(GOOD)!.hash);
  expect(read({ ...GOOD, pooling: "mean" })!.hash).not.toBe(read(GOOD)!.hash);
});

const [text] = GOOD.texts;
test.each<[string, unknown, RegExp]>([
  ["cut short", '{"pooling": "cl', /SyntaxError/],
  ["no object", [], /not a JSON object/],
  ["an unknown pooling", { ...GOOD, pooling: "max" }, /pooling/],
  ["an unknown encoding", { ...GOOD, encoding: "float64" }, /encoding/],
  ["no texts", { ...GOOD, texts: [] }, /texts/],
  ["too many texts", { ...GOOD, texts: Array.from({ length: 65 }, () => text) }, /1 to 64/],
  ["a text that is not a string", { ...GOOD, texts: [{ ...text, text: 1 }] }, /text 0/],
  ["null instead of a text", { ...GOOD, texts: [null] }, /text 0/],
  ["an invalid cosine", { ...GOOD, texts: [{ ...text, cosine: { int8: "1" } }] }, /cosine of text 0/],
  ["a vector of another length", { ...GOOD, texts: [{ ...text, vector: "ADw=" }] }, /length 1, not 2/],
  ["a vector of zeros", { ...GOOD, texts: [{ ...text, vector: "AAAAAA==" }] }, /zero or not finite/],
  ["a vector that is not finite", { ...GOOD, texts: [{ ...text, vector: "AHwAfA==" }] }, /zero or not finite/],
  ["a file that is too large", `{"pooling": "${"x".repeat(5 << 20)}"}`, /5242\d+ bytes/],
])("%s is an error naming the file", (_, content, problem) => {
  expect(() => read(content)).toThrow(expect.objectContaining({ code: "MODEL_CORRUPT" }));
  expect(() => read(content)).toThrow(problem);
  expect(() => read(content)).toThrow(/canaries\.json/);
});

test("any JSON is read or rejected", () => {
  const near = fc.record({ pooling: fc.constant("cls"), encoding: fc.constant("float16"), texts: fc.jsonValue() });
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), near), (content) => {
      try {
        read(JSON.stringify(content));
      } catch (error) {
        expect(error).toMatchObject({ code: "MODEL_CORRUPT" });
      }
    }),
  );
});

describe("pairs of a cross-encoder", () => {
  const PAIRS = { pairs: [{ query: "a", document: "b", logit: -3.5 }], cosine: { int8: 0.9999 } };
  const readPairs = (content: unknown) => readPairCanaries(folderOf({ "canaries.json": content }));

  test("no file, no canaries", () => {
    expect(readPairCanaries(folderOf())).toBeUndefined();
  });

  test("are read", () => {
    expect(readPairs(PAIRS)).toEqual({ ...PAIRS, hash: expect.stringMatching(/^[0-9a-f]{64}$/) });
  });

  const [pair] = PAIRS.pairs;
  test.each<[string, unknown, RegExp]>([
    ["an embedder's canaries", GOOD, /pairs/],
    ["no pairs", { ...PAIRS, pairs: [] }, /pairs/],
    ["too many pairs", { ...PAIRS, pairs: Array.from({ length: 65 }, () => pair) }, /1 to 64/],
    ["null instead of a pair", { ...PAIRS, pairs: [null] }, /pair 0/],
    [
      "a document that is not a string",
      { ...PAIRS, pairs: [pair, { ...pair, document: 1 }] },
      /pair 1 has no query or no document/,
    ],
    ["an invalid logit", { ...PAIRS, pairs: [{ ...pair, logit: "1" }] }, /pair 0 has no logit/],
    ["an invalid cosine", { ...PAIRS, cosine: { int8: "1" } }, /cosine/],
    ["only zero logits", { ...PAIRS, pairs: [{ ...pair, logit: 0 }] }, /all logits are 0/],
  ])("%s is an error naming the file", (_, content, problem) => {
    expect(() => readPairs(content)).toThrow(expect.objectContaining({ code: "MODEL_CORRUPT" }));
    expect(() => readPairs(content)).toThrow(problem);
    expect(() => readPairs(content)).toThrow(/canaries\.json/);
  });
});
