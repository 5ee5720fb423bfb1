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

test("another content is another hash", () => {
  expect(read(GOOD)!.hash).toBe(read(GOOD)!.hash);
  expect(read({ ...GOOD, pooling: "mean" })!.hash).not.toBe(read(GOOD)!.hash);
});

const [text] = GOOD.texts;
test.each<[string, unknown, RegExp]>([
  ["cut short", '{"pooling": "cl', /SyntaxError/],
  ["no object", [], /no object/],
  ["an unknown pooling", { ...GOOD, pooling: "max" }, /pooling/],
  ["an unknown encoding", { ...GOOD, encoding: "float64" }, /encoding/],
  ["no texts", { ...GOOD, texts: [] }, /texts/],
  ["too many texts", { ...GOOD, texts: Array.from({ length: 65 }, () => text) }, /1 to 64/],
  ["a text that is none", { ...GOOD, texts: [{ ...text, text: 1 }] }, /text 0/],
  ["null for a text", { ...GOOD, texts: [null] }, /text 0/],
  ["a cosine that is none", { ...GOOD, texts: [{ ...text, cosine: { int8: "1" } }] }, /cosine of text 0/],
  ["a vector of another width", { ...GOOD, texts: [{ ...text, vector: "ADw=" }] }, /1 numbers, not 2/],
  ["a vector of zeros", { ...GOOD, texts: [{ ...text, vector: "AAAAAA==" }] }, /no direction/],
  ["a vector that is not finite", { ...GOOD, texts: [{ ...text, vector: "AHwAfA==" }] }, /no direction/],
  ["a bomb", `{"pooling": "${"x".repeat(5 << 20)}"}`, /5242\d+ bytes/],
])("%s is an error that names the file", (_, content, problem) => {
  expect(() => read(content)).toThrow(expect.objectContaining({ code: "MODEL_CORRUPT" }));
  expect(() => read(content)).toThrow(problem);
  expect(() => read(content)).toThrow(/canaries\.json/);
});

test("whatever JSON it is, it is read or refused", () => {
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
    ["null for a pair", { ...PAIRS, pairs: [null] }, /pair 0/],
    [
      "a document that is none",
      { ...PAIRS, pairs: [pair, { ...pair, document: 1 }] },
      /pair 1 lacks query or document/,
    ],
    ["a logit that is none", { ...PAIRS, pairs: [{ ...pair, logit: "1" }] }, /pair 0 lacks its logit/],
    ["a cosine that is none", { ...PAIRS, cosine: { int8: "1" } }, /cosine/],
    ["logits without a direction", { ...PAIRS, pairs: [{ ...pair, logit: 0 }] }, /all 0/],
  ])("%s is an error that names the file", (_, content, problem) => {
    expect(() => readPairs(content)).toThrow(expect.objectContaining({ code: "MODEL_CORRUPT" }));
    expect(() => readPairs(content)).toThrow(problem);
    expect(() => readPairs(content)).toThrow(/canaries\.json/);
  });
});
