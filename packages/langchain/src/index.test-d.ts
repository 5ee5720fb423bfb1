import type { Embedder, ModelReference, Reranker } from "@bge-js/core";
import type { Retriever, SkippedStage } from "@bge-js/retriever";
import type { Document, DocumentInterface } from "@langchain/core/documents";
import type { Embeddings } from "@langchain/core/embeddings";
import type { BaseRetrieverInterface } from "@langchain/core/retrievers";
import type { BaseDocumentCompressor } from "@langchain/core/retrievers/document_compressors";
import type { VectorStore } from "@langchain/core/vectorstores";
import { expectTypeOf, test } from "vitest";
import { BgeEmbeddings, BgeReranker, BgeRerankRetriever, BgeRetriever } from "./index.js";

declare const embedder: Embedder;
declare const reranker: Reranker;
declare const retriever: Retriever;
declare const reference: ModelReference;
declare const vectorStore: VectorStore;
declare const documents: readonly DocumentInterface[];

test("BgeEmbeddings is what a vector store takes", () => {
  new BgeEmbeddings() satisfies VectorStore["embeddings"];
  new BgeEmbeddings() satisfies Embeddings;
  new BgeEmbeddings() satisfies AsyncDisposable;
  expectTypeOf(new BgeEmbeddings().embedDocuments).returns.resolves.toEqualTypeOf<number[][]>();
  expectTypeOf(new BgeEmbeddings().embedQuery).returns.resolves.toEqualTypeOf<number[]>();
  expectTypeOf(new BgeEmbeddings().cacheNamespace).toEqualTypeOf<string>();
});

test("BgeEmbeddings takes an id, a reference, an embedder, or fields around one", () => {
  const { signal } = new AbortController();
  new BgeEmbeddings("BAAI/bge-small-en-v1.5");
  new BgeEmbeddings(reference);
  new BgeEmbeddings(embedder);
  new BgeEmbeddings({ model: embedder, signal });
  new BgeEmbeddings({ model: "bge-small-en-v1.5", dtype: "q8", dimensions: 128, queryInstruction: false, workers: 1 });
  // @ts-expect-error unknown options are refused
  new BgeEmbeddings({ model: "bge-small-en-v1.5", stripNewLines: true });
  // @ts-expect-error wrong values are refused
  new BgeEmbeddings({ dtype: "q4" });
  // @ts-expect-error a number is not a model
  new BgeEmbeddings(1);
});

test("BgeReranker is a document compressor", () => {
  new BgeReranker() satisfies BaseDocumentCompressor;
  new BgeReranker() satisfies AsyncDisposable;
  new BgeReranker("BAAI/bge-reranker-v2-m3");
  new BgeReranker(reranker);
  new BgeReranker({ model: reranker, topN: 5, threshold: 0.5, scoreInMetadata: false });
  expectTypeOf(new BgeReranker().compressDocuments(documents, "query")).resolves.toEqualTypeOf<Document[]>();
  expectTypeOf(
    new BgeReranker().rerank(["text", { pageContent: "text" }, ...documents], "query", { topN: 1 }),
  ).resolves.items.toEqualTypeOf<{ readonly index: number; readonly relevanceScore: number }>();
  // @ts-expect-error topN is a number
  new BgeReranker({ topN: "3" });
});

test("BgeRerankRetriever is a retriever over a store or a retriever", () => {
  const retriever = new BgeRerankRetriever({
    vectorStore,
    reranker: new BgeReranker(),
    k: 50,
    topN: 3,
    scoreInMetadata: true,
    tags: ["docs"],
  });
  retriever satisfies BaseRetrieverInterface;
  new BgeRerankRetriever({ baseRetriever: vectorStore.asRetriever({ k: 50 }), reranker: new BgeReranker() });
  new BgeRerankRetriever({ baseRetriever: retriever, reranker: new BgeReranker() });
  // @ts-expect-error a reranker is needed
  new BgeRerankRetriever({ vectorStore });
});

test("BgeRetriever is a retriever over documents in memory", () => {
  const { signal } = new AbortController();
  new BgeRetriever() satisfies BaseRetrieverInterface;
  new BgeRetriever() satisfies AsyncDisposable;
  new BgeRetriever(retriever);
  new BgeRetriever({ retriever, topN: 5, budgetMs: 100, signal, tags: ["docs"], scoreInMetadata: true });
  new BgeRetriever({ embedder, reranker: "BAAI/bge-reranker-v2-m3", lateInteraction: true, load: { threads: 2 } });
  new BgeRetriever({ embedder: reference, reranker: false, candidates: { dense: 50 }, weights: { lexical: 0 } });
  new BgeRetriever({
    filter: (document) => {
      expectTypeOf(document).toEqualTypeOf<DocumentInterface>();
      return document.metadata["page"] > 3;
    },
    onSkipped: (skipped, query) => {
      expectTypeOf(skipped).toEqualTypeOf<readonly SkippedStage[]>();
      expectTypeOf(query).toEqualTypeOf<string>();
    },
  });
  new BgeRerankRetriever({ baseRetriever: new BgeRetriever(), reranker: new BgeReranker() });
  expectTypeOf(BgeRetriever.fromDocuments(documents, { topN: 1 }, { signal })).resolves.toEqualTypeOf<BgeRetriever>();
  expectTypeOf(new BgeRetriever().addDocuments(documents, { ids: ["a"], signal })).resolves.toEqualTypeOf<string[]>();
  expectTypeOf(new BgeRetriever().delete({ ids: ["a"] })).resolves.toEqualTypeOf<void>();
  expectTypeOf(new BgeRetriever().invoke("query", { signal })).resolves.toEqualTypeOf<DocumentInterface[]>();
  // @ts-expect-error a model is not a retriever
  new BgeRetriever("BAAI/bge-small-en-v1.5");
  // @ts-expect-error unknown options are refused
  new BgeRetriever({ k: 4 });
  // @ts-expect-error ids are an option
  new BgeRetriever().delete(["a"]);
});
