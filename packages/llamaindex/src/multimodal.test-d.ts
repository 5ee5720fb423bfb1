import type { Embedder, ModelReference } from "@bge-js/core";
import type { MultimodalEmbedder } from "@bge-js/core/multimodal";
import type { MultiModalEmbedding } from "@llamaindex/core/embeddings";
import type { Settings } from "@llamaindex/core/global";
import { type BaseNode, ImageNode } from "@llamaindex/core/schema";
import { expectTypeOf, test } from "vitest";
import { BgeMultiModalEmbedding } from "./multimodal.js";

declare const model: MultimodalEmbedder;
declare const embedder: Embedder;
declare const reference: ModelReference;

test("BgeMultiModalEmbedding is LlamaIndex's, and what Settings.embedModel takes", () => {
  const embedding = new BgeMultiModalEmbedding(model);
  embedding satisfies MultiModalEmbedding;
  embedding satisfies (typeof Settings)["embedModel"];
  embedding satisfies AsyncDisposable;
  expectTypeOf(embedding([new ImageNode({ image: "a.png" })])).resolves.toEqualTypeOf<BaseNode[]>();
  expectTypeOf(embedding.getImageEmbeddings(["a.png", new URL("file:///a.png"), new Blob([])])).resolves.toEqualTypeOf<
    number[][]
  >();
  expectTypeOf(embedding.getTextEmbeddings).returns.resolves.toEqualTypeOf<number[][]>();
  expectTypeOf(embedding.getQueryEmbedding).returns.resolves.toEqualTypeOf<number[] | null>();
  // @ts-expect-error a number is no picture
  void embedding.getImageEmbedding(5);
});

test("BgeMultiModalEmbedding takes an id, a reference, a loaded model, or fields around one", () => {
  const { signal } = new AbortController();
  new BgeMultiModalEmbedding("./bge-vl-base");
  new BgeMultiModalEmbedding(reference);
  new BgeMultiModalEmbedding({ model, signal, queryInstruction: "Find it: " });
  new BgeMultiModalEmbedding({ model: "./bge-vl-base", dtype: "int8", allowUrls: { hosts: ["example.org"] } });
  // @ts-expect-error an embedder for texts reads no pictures
  new BgeMultiModalEmbedding({ model: embedder });
  // @ts-expect-error unknown options are refused
  new BgeMultiModalEmbedding({ model: "./bge-vl-base", imageSize: 224 });
});
