import { expect, test } from "vitest";
import type { EmbeddingSpec, ModelSource } from "../api/model.js";
import type { PictureOptions } from "../api/multimodal.js";
import { findModel } from "../model/table.js";
import { type VectorSource, vectorFacts } from "./vector-facts.js";

const specOf = (id: string) => findModel(id) as EmbeddingSpec;
const source = { fingerprint: "0", dtype: "fp32", batching: "padded" } as ModelSource;
const pictures: PictureOptions = { maxBytes: 1, maxPixels: 1, orientation: "ignore", allowUrls: false };

function factsOf(id: string, changes: Partial<EmbeddingSpec> = {}, more: Partial<VectorSource> = {}): string {
  const spec = { ...specOf(id), ...changes };
  return JSON.stringify(vectorFacts({ spec, source, dimensions: 4, maxTokens: 8, pictures, ...more }, "cpu"));
}

test.each<[string, string, Partial<EmbeddingSpec>, Partial<VectorSource>]>([
  ["the graph's output", "BAAI/BGE-VL-base", { output: "other" }, {}],
  ["the output for pictures", "BAAI/BGE-VL-base", { imageOutput: "other" }, {}],
  ["orientation", "BAAI/BGE-VL-base", {}, { pictures: { ...pictures, orientation: "apply" } }],
  ["maxScaledPixels", "BAAI/BGE-VL-Screenshot", {}, { pictures: { ...pictures, maxScaledPixels: 5 } }],
  ...Object.entries(specOf("BAAI/BGE-VL-v1.5-zs").vision!).map(
    ([name, value]): [string, string, Partial<EmbeddingSpec>, Partial<VectorSource>] => {
      const vision = {
        ...specOf("BAAI/BGE-VL-v1.5-zs").vision!,
        [name]: typeof value === "number" ? value + 1 : `${value}!`,
      };
      return [`the prompts' ${name}`, "BAAI/BGE-VL-v1.5-zs", { vision }, {}];
    },
  ),
])("%s is part of what makes a vector", (_, id, changes, more) => {
  expect(factsOf(id, changes, more)).not.toBe(factsOf(id));
});

test("limits, and in which order facts were written, are not", () => {
  const limits = { pictures: { ...pictures, maxBytes: 9, maxPixels: 9, allowUrls: true } };
  expect(factsOf("BAAI/BGE-VL-base", {}, limits)).toBe(factsOf("BAAI/BGE-VL-base"));
  const { vision } = specOf("BAAI/BGE-VL-v1.5-zs");
  const turned = Object.fromEntries(Object.entries(vision!).reverse()) as unknown as EmbeddingSpec["vision"] & object;
  expect(factsOf("BAAI/BGE-VL-v1.5-zs", { vision: turned })).toBe(factsOf("BAAI/BGE-VL-v1.5-zs"));
});
