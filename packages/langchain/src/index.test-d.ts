import type { Embedder, ModelReference, Reranker } from "@bge-js/core";
import type { Document, DocumentInterface } from "@langchain/core/documents";
import type { Embeddings } from "@langchain/core/embeddings";
import type { BaseRetrieverInterface } from "@langchain/core/retrievers";
import type { BaseDocumentCompressor } from "@langchain/core/retrievers/document_compressors";
import type { VectorStore } from "@langchain/core/vectorstores";
import { expectTypeOf, test } from "vitest";
import { BgeEmbeddings, BgeReranker, BgeRerankRetriever } from "./index.js";

declare const embedder: Embedder;
declare const reranker: Reranker;
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
  // @ts-expect-error a number is no model
  new BgeEmbeddings(1);
});

test("BgeReranker is a document compressor", () => {
  new BgeReranker() satisfies BaseDocumentCompressor;
  new BgeReranker() satisfies AsyncDisposable;
  new BgeReranker("BAAI/bge-reranker-v2-m3");
  new BgeReranker(reranker);
  new BgeReranker({ model: reranker, topN: 5, threshold: 0.5 });
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
    tags: ["docs"],
  });
  retriever satisfies BaseRetrieverInterface;
  new BgeRerankRetriever({ baseRetriever: vectorStore.asRetriever({ k: 50 }), reranker: new BgeReranker() });
  new BgeRerankRetriever({ baseRetriever: retriever, reranker: new BgeReranker() });
  // @ts-expect-error a reranker is needed
  new BgeRerankRetriever({ vectorStore });
});
