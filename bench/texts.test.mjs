import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { mean, median } from "./statistics.mjs";
import { mixedLengths, random, randomLengths, textOf, textsOf, WORDS } from "./texts.mjs";

const tokenizer = new URL("../packages/model-bge-small-en-v1.5/model/tokenizer.json", import.meta.url);
const { vocab } = JSON.parse(readFileSync(tokenizer, "utf8")).model;

describe("texts of known length", () => {
  it("is made of words that are one token each", () => {
    expect(WORDS.filter((word) => !Object.hasOwn(vocab, word))).toEqual([]);
  });

  it("has as many words as tokens, less the frame", () => {
    expect(textOf(12, random(1)).split(" ")).toHaveLength(10);
    expect(textsOf([3, 512]).map((text) => text.split(" ").length)).toEqual([1, 510]);
  });

  it("is the same at every call, and another for another seed", () => {
    expect(textsOf([9, 9], 1)).toEqual(textsOf([9, 9], 1));
    expect(textsOf([9, 9], 1)).not.toEqual(textsOf([9, 9], 2));
  });

  it.each([32, 64, 128, 256, 2000])("mixes lengths as the issue says: %i texts", (count) => {
    const lengths = mixedLengths(count);
    expect(lengths).toHaveLength(count);
    expect(median(lengths)).toBeCloseTo(55, -0.5);
    expect(Math.abs(mean(lengths) - 86)).toBeLessThan(2);
    expect(Math.max(...lengths)).toBe(512);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(3);
    expect(lengths).not.toEqual([...lengths].sort((a, b) => a - b));
  });

  it("draws random lengths from the same distribution", () => {
    const lengths = randomLengths(20_000);
    expect(Math.abs(median(lengths) - 55)).toBeLessThan(2);
    expect(Math.abs(mean(lengths) - 86)).toBeLessThan(3);
    expect(Math.max(...lengths)).toBe(512);
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(3);
  });
});
