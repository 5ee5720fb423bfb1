import type { Embedder, Reranker } from "@bge-js/core";
import { describe, expectTypeOf, test } from "vitest";
import { loadRetriever, type Retriever, type RetrieverOptions, type SearchOptions } from "./index.js";

declare const embedder: Embedder;
declare const reranker: Reranker;
declare const signal: AbortSignal;

describe("a retriever", () => {
  type Page = { readonly id: string; readonly text: string; readonly page: number };

  test("returns documents of its own type", () => {
    expectTypeOf(loadRetriever<Page>).returns.resolves.toEqualTypeOf<Retriever<Page>>();
    const retriever = {} as Retriever<Page>;
    expectTypeOf(retriever.search).returns.resolves.toHaveProperty("results");
    type Found = Awaited<ReturnType<typeof retriever.search>>["results"][number];
    expectTypeOf<Found["document"]>().toEqualTypeOf<Page>();
    expectTypeOf<Found["scores"]["dense"]>().toEqualTypeOf<number | undefined>();
    expectTypeOf(retriever.search).toBeCallableWith("x", {
      filter: ({ page }) => page > 3,
      stages: ["lexical"],
      signal,
    });
    async function* source() {
      yield { id: "a", text: "b", page: 1 };
    }
    expectTypeOf(retriever.add).toBeCallableWith(source(), { signal });
    expectTypeOf(retriever.remove(new Set(["a"]))).resolves.toEqualTypeOf<number>();
    expectTypeOf(retriever.get).returns.toEqualTypeOf<Page | undefined>();
    expectTypeOf(retriever.ids).returns.toExtend<AsyncIterable<string>>();
    expectTypeOf<Retriever>().toExtend<AsyncDisposable>();
    // @ts-expect-error a document without a page
    retriever.add([{ id: "a", text: "b" }]);
    // @ts-expect-error no such stage
    retriever.search("x", { stages: ["words"] });
  });

  test("has a document's own fields in a filter, and without a type no field of any", async () => {
    interface Listed {
      id: string;
      text: string;
      page: number;
      tags?: string[];
    }
    const typed = await loadRetriever<Listed>();
    typed.search("x", { filter: ({ page, tags }) => page > 20 && tags?.includes("a") === true });
    // @ts-expect-error a field that documents do not have
    typed.search("x", { filter: ({ chapter }) => chapter > 20 });
    const untyped = await loadRetriever();
    untyped.search("x", {
      filter({ id, page }) {
        expectTypeOf(id).toEqualTypeOf<string>();
        expectTypeOf(page).toBeUnknown();
        return page === 20;
      },
    });
    // @ts-expect-error an unknown type has no order: loadRetriever<Listed>()
    untyped.search("x", { filter: ({ page }) => page > 20 });
    const [found] = (await untyped.search("x")).results;
    expectTypeOf(found!.document["page"]).toBeUnknown();
  });

  test("accepts models as the loaders do, and loaded ones", () => {
    expectTypeOf(loadRetriever).toBeCallableWith();
    expectTypeOf(loadRetriever).toBeCallableWith({ embedder, reranker });
    expectTypeOf(loadRetriever).toBeCallableWith({ directory: new URL("file:///index"), readOnly: true });
    expectTypeOf(loadRetriever).toBeCallableWith({ embedder: "bge-small-zh-v1.5", reranker: false });
    expectTypeOf(loadRetriever).toBeCallableWith({ reranker: { directory: "./x" }, load: { threads: 2 } });
    // @ts-expect-error an embedder is not a reranker
    loadRetriever({ reranker: embedder });
    // @ts-expect-error the precision is chosen where a model is loaded
    loadRetriever({ load: { dtype: "int8" } });
    expectTypeOf<RetrieverOptions>().toEqualTypeOf<Readonly<RetrieverOptions>>();
    expectTypeOf<SearchOptions<Page>>().toEqualTypeOf<Readonly<SearchOptions<Page>>>();
  });
});
