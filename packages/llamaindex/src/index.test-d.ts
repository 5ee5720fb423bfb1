import type { Embedder, ModelReference, Reranker } from "@bge-js/core";
import type { BaseEmbedding } from "@llamaindex/core/embeddings";
import type { Settings } from "@llamaindex/core/global";
import type { BaseNodePostprocessor } from "@llamaindex/core/postprocessor";
import { MetadataMode, type NodeWithScore } from "@llamaindex/core/schema";
import { expectTypeOf, test } from "vitest";
import { BgeEmbedding, BgeReranker } from "./index.js";

declare const embedder: Embedder;
declare const reranker: Reranker;
declare const reference: ModelReference;
declare const nodes: readonly NodeWithScore[];

test("BgeEmbedding is what Settings.embedModel takes", () => {
  new BgeEmbedding() satisfies BaseEmbedding;
  new BgeEmbedding() satisfies (typeof Settings)["embedModel"];
  new BgeEmbedding() satisfies AsyncDisposable;
  expectTypeOf(new BgeEmbedding().getTextEmbedding).returns.resolves.toEqualTypeOf<number[]>();
  expectTypeOf(new BgeEmbedding().getTextEmbeddings).returns.resolves.toEqualTypeOf<number[][]>();
  expectTypeOf(new BgeEmbedding().getQueryEmbedding).returns.resolves.toEqualTypeOf<number[] | null>();
});

test("BgeEmbedding takes an id, a reference, an embedder, or fields around one", () => {
  const { signal } = new AbortController();
  new BgeEmbedding("BAAI/bge-small-en-v1.5");
  new BgeEmbedding(reference);
  new BgeEmbedding(embedder);
  new BgeEmbedding({ model: embedder, signal });
  new BgeEmbedding({ model: "bge-small-en-v1.5", dtype: "q8", dimensions: 128, queryInstruction: false, workers: 1 });
  // @ts-expect-error unknown options are refused
  new BgeEmbedding({ model: "bge-small-en-v1.5", modelType: "small" });
  // @ts-expect-error wrong values are refused
  new BgeEmbedding({ dtype: "q4" });
});

test("BgeReranker is a node postprocessor", () => {
  new BgeReranker() satisfies BaseNodePostprocessor;
  new BgeReranker() satisfies AsyncDisposable;
  new BgeReranker("BAAI/bge-reranker-v2-m3");
  new BgeReranker(reranker);
  new BgeReranker({ model: reranker, topN: 5, threshold: 0.5, metadataMode: MetadataMode.NONE });
  expectTypeOf(new BgeReranker().postprocessNodes(nodes, "query")).resolves.toEqualTypeOf<NodeWithScore[]>();
  // @ts-expect-error topN is a number
  new BgeReranker({ topN: "3" });
});
