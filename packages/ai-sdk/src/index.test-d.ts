import type { EmbeddingModelV3, ProviderV3, RerankingModelV3 } from "@ai-sdk/provider";
import type { Embedder, ModelReference, Reranker } from "@bge-js/core";
import { embed, embedMany, rerank } from "ai";
import { embed as embed6, rerank as rerank6 } from "ai-6";
import { expectTypeOf, test } from "vitest";
import { type BgeEmbeddingProviderOptions, type BgeProvider, bge, createBge } from "./index.js";

declare const embedder: Embedder;
declare const reranker: Reranker;
declare const reference: ModelReference;

test("a provider of the SDK", () => {
  bge satisfies ProviderV3;
  expectTypeOf(createBge({ workers: 1, dtype: "fp32" })).toEqualTypeOf<BgeProvider>();
  // @ts-expect-error unknown options are refused
  createBge({ apiKey: "" });
});

test("embedding models", () => {
  expectTypeOf(bge.embeddingModel).returns.toEqualTypeOf<EmbeddingModelV3>();
  for (const model of [bge.embedding(), bge.queries(), bge.embeddingModel({ model: reference, dimensions: 8 })]) {
    expectTypeOf(embed({ model, value: "a" })).resolves.toHaveProperty("embedding");
    expectTypeOf(embed6({ model, value: "a" })).resolves.toHaveProperty("embedding");
    const options = { inputType: "query" } satisfies BgeEmbeddingProviderOptions;
    embedMany({ model, values: ["a"], providerOptions: { bge: options } });
  }
  bge.embeddingModel(embedder);
  // @ts-expect-error unknown options are refused
  bge.embeddingModel({ model: reference, modelType: "small" });
});

test("reranking models", () => {
  expectTypeOf(bge.rerankingModel).returns.toEqualTypeOf<RerankingModelV3>();
  const model = bge.reranking({ model: reranker, threshold: 0.2 });
  expectTypeOf(rerank({ model, documents: ["a"], query: "a" })).resolves.toHaveProperty("ranking");
  expectTypeOf(rerank6({ model, documents: [{ a: 1 }], query: "a" })).resolves.toHaveProperty("ranking");
  expectTypeOf(bge.relevanceScorer().getRelevanceScore("a", "b")).resolves.toBeNumber();
});
