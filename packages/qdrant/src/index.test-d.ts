import type { Embedder } from "@bge-js/core";
import type { VectorStoreInterface } from "@langchain/core/vectorstores";
import type { BaseRetriever } from "@llamaindex/core/retriever";
import type { QdrantClient } from "@qdrant/js-client-rest";
import { describe, expectTypeOf, test } from "vitest";
import { type Filter, loadQdrantRetriever, type QdrantRetriever } from "./index.js";
import { BgeQdrantVectorStore } from "./langchain.js";
import type { BgeQdrantRetriever } from "./llamaindex.js";

declare const client: QdrantClient;
declare const embedder: Embedder;
declare const signal: AbortSignal;

describe("a retriever over Qdrant", () => {
  type Page = { readonly id: string; readonly text: string; readonly page: number };
  const retriever = {} as QdrantRetriever<Page>;

  test("returns documents of its own type", () => {
    expectTypeOf(loadQdrantRetriever<Page>).returns.resolves.toEqualTypeOf<QdrantRetriever<Page>>();
    type Found = Awaited<ReturnType<typeof retriever.search>>["results"][number];
    expectTypeOf<Found["document"]>().toEqualTypeOf<Page>();
    expectTypeOf<Found["scores"]["lateInteraction"]>().toEqualTypeOf<number | undefined>();
    expectTypeOf<QdrantRetriever>().toExtend<AsyncDisposable>();
    // @ts-expect-error a document without a page
    expectTypeOf(retriever.add).toBeCallableWith([{ id: "a", text: "b" }]);
  });

  test("takes Qdrant's filters, and what the loaders take", () => {
    const filter: Filter = { must: [{ key: "page", range: { gt: 3 } }] };
    expectTypeOf(retriever.search).toBeCallableWith("x", { filter, stages: ["lexical"], signal, budgetMs: 300 });
    expectTypeOf(loadQdrantRetriever).toBeCallableWith({ client, collection: "docs", embedder, quantization: "int8" });
    // @ts-expect-error a function is no filter of Qdrant
    expectTypeOf(retriever.search).toBeCallableWith("x", { filter: () => true });
    // @ts-expect-error the client is needed
    expectTypeOf(loadQdrantRetriever).toBeCallableWith({ collection: "docs" });
  });

  test("is what the frameworks take", () => {
    expectTypeOf<BgeQdrantVectorStore>().toExtend<VectorStoreInterface>();
    expectTypeOf<BgeQdrantRetriever>().toExtend<BaseRetriever>();
    expectTypeOf(BgeQdrantVectorStore).toBeConstructibleWith({ retriever: {} as QdrantRetriever, budgetMs: 300 });
  });
});
