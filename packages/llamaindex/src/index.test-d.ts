import type { Embedder, ModelReference, Reranker } from "@bge-js/core";
import type { Retriever, SkippedStage } from "@bge-js/retriever";
import type { BaseEmbedding } from "@llamaindex/core/embeddings";
import type { Settings } from "@llamaindex/core/global";
import type { SentenceSplitter } from "@llamaindex/core/node-parser";
import type { BaseNodePostprocessor } from "@llamaindex/core/postprocessor";
import type { RetrieverQueryEngine } from "@llamaindex/core/query-engine";
import type { BaseRetriever } from "@llamaindex/core/retriever";
import { type BaseNode, MetadataMode, type NodeWithScore } from "@llamaindex/core/schema";
import { expectTypeOf, test } from "vitest";
import { BgeEmbedding, BgeReranker, BgeRetriever, BgeSentenceSplitter } from "./index.js";

declare const embedder: Embedder;
declare const reranker: Reranker;
declare const retriever: Retriever;
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

test("BgeSentenceSplitter is a node parser", () => {
  new BgeSentenceSplitter() satisfies SentenceSplitter;
  new BgeSentenceSplitter({ model: embedder, chunkSize: 256, chunkOverlap: 0, paragraphSeparator: "\n\n" });
  new BgeSentenceSplitter({ model: "BAAI/bge-small-en-v1.5", maxTokens: 256 });
  // @ts-expect-error the tokenizer is the model's
  new BgeSentenceSplitter({ tokenizer: undefined });
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

test("BgeRetriever is a retriever over nodes in memory", () => {
  const { signal } = new AbortController();
  const list: readonly BaseNode[] = nodes.map(({ node }) => node);
  new BgeRetriever() satisfies BaseRetriever;
  new BgeRetriever() satisfies RetrieverQueryEngine["retriever"];
  new BgeRetriever() satisfies AsyncDisposable;
  new BgeRetriever(retriever);
  new BgeRetriever({ retriever, topN: 5, budgetMs: 100, signal, metadataMode: MetadataMode.NONE });
  new BgeRetriever({ embedder, reranker: "BAAI/bge-reranker-v2-m3", lateInteraction: true, load: { threads: 2 } });
  new BgeRetriever({ embedder: reference, reranker: false, candidates: { dense: 50 }, weights: { lexical: 0 } });
  new BgeRetriever({
    filter: (node) => {
      expectTypeOf(node).toEqualTypeOf<BaseNode>();
      return node.metadata["page"] > 3;
    },
    onSkipped: (skipped, query) => {
      expectTypeOf(skipped).toEqualTypeOf<readonly SkippedStage[]>();
      expectTypeOf(query).toEqualTypeOf<string>();
    },
  });
  expectTypeOf(BgeRetriever.fromNodes(list, { topN: 1 }, { signal })).resolves.toEqualTypeOf<BgeRetriever>();
  expectTypeOf(new BgeRetriever().insertNodes(list)).resolves.toEqualTypeOf<void>();
  expectTypeOf(new BgeRetriever().deleteNodes(["a"])).resolves.toEqualTypeOf<void>();
  expectTypeOf(new BgeRetriever().retrieve("query")).resolves.toEqualTypeOf<NodeWithScore[]>();
  // @ts-expect-error a model is not a retriever
  new BgeRetriever("BAAI/bge-small-en-v1.5");
  // @ts-expect-error unknown options are refused
  new BgeRetriever({ similarityTopK: 4 });
});
