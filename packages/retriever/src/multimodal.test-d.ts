import type { Embedder, Reranker } from "@bge-js/core";
import type { MultimodalEmbedder, RawImage } from "@bge-js/core/multimodal";
import { expectTypeOf, test } from "vitest";
import { loadMultimodalRetriever, type MultimodalRetriever } from "./multimodal.js";

declare const embedder: MultimodalEmbedder;
declare const texts: Embedder;
declare const reranker: Reranker;
declare const samples: RawImage;
type Photo = { readonly id: string; readonly image?: string; readonly year: number };

test("takes pictures in each of their forms, and gives their place back", () => {
  const retriever = {} as MultimodalRetriever;
  for (const image of ["a.jpg", new URL("file:///a.jpg"), new Uint8Array(), samples]) {
    expectTypeOf(retriever.add).toBeCallableWith([{ id: "a", image, year: 2020 }, { id: "b", text: "c" }, "words"]);
  }
  expectTypeOf(retriever.get("a")!.image).toEqualTypeOf<string | undefined>();
  expectTypeOf(retriever.search).toBeCallableWith("words", { topN: 3, filter: ({ image }) => image !== undefined });
  expectTypeOf(retriever.search).toBeCallableWith({ image: samples, text: "the same, in red", instruction: "Find it" });
  // @ts-expect-error floats are no samples
  retriever.add([{ id: "a", image: new Float32Array(3) }]);
  // @ts-expect-error a query is no list
  retriever.search(["words"]);
});

test("knows documents of its own type", () => {
  expectTypeOf(loadMultimodalRetriever<Photo>).returns.resolves.toEqualTypeOf<MultimodalRetriever<Photo>>();
  const retriever = {} as MultimodalRetriever<Photo>;
  expectTypeOf(retriever.add).toBeCallableWith([{ id: "a", image: samples, year: 2020 }]);
  expectTypeOf(retriever.search).toBeCallableWith("x", { filter: ({ year }) => year > 2020 });
  // @ts-expect-error a field that photos do not have
  retriever.search("x", { filter: ({ place }) => place === "here" });
  type Found = Awaited<ReturnType<typeof retriever.search>>["results"][number];
  expectTypeOf<Found["document"]>().toEqualTypeOf<Photo>();
  // @ts-expect-error a photo without a year
  retriever.add([{ id: "a", image: "a.jpg" }]);
});

test("takes a multimodal embedder, and no rerankers", () => {
  expectTypeOf(loadMultimodalRetriever).toBeCallableWith();
  expectTypeOf(loadMultimodalRetriever).toBeCallableWith({ embedder, directory: "index", readOnly: true });
  expectTypeOf(loadMultimodalRetriever).toBeCallableWith({ embedder: "./bge-vl", load: { orientation: "apply" } });
  // @ts-expect-error it reads no pictures
  loadMultimodalRetriever({ embedder: texts });
  // @ts-expect-error it reads no pictures
  loadMultimodalRetriever({ embedder, reranker });
});
