import type { Embedder, ModelReference } from "@bge-js/core";
import type { MultimodalEmbedder } from "@bge-js/core/multimodal";
import type { DocumentInterface } from "@langchain/core/documents";
import type { Embeddings } from "@langchain/core/embeddings";
import type { VectorStore } from "@langchain/core/vectorstores";
import { expectTypeOf, test } from "vitest";
import { addImages, BgeMultimodalEmbeddings } from "./multimodal.js";

declare const model: MultimodalEmbedder;
declare const embedder: Embedder;
declare const reference: ModelReference;
declare const vectorStore: VectorStore;
declare const documents: readonly DocumentInterface[];

test("BgeMultimodalEmbeddings is what a vector store takes, and reads pictures", () => {
  const embeddings = new BgeMultimodalEmbeddings(model);
  embeddings satisfies Embeddings;
  embeddings satisfies VectorStore["embeddings"];
  embeddings satisfies AsyncDisposable;
  expectTypeOf(embeddings.embedDocuments(["a"])).resolves.toEqualTypeOf<number[][]>();
  expectTypeOf(embeddings.embedQuery("a", { deadlineMs: 100 })).resolves.toEqualTypeOf<number[]>();
  expectTypeOf(embeddings.embedImages(["a.png", new Uint8Array(), new Blob([])])).resolves.toEqualTypeOf<number[][]>();
  expectTypeOf(
    embeddings.embedInputs([{ text: "a" }, { image: "a.png", text: "a" }], { inputType: "query" }),
  ).resolves.toEqualTypeOf<number[][]>();
  // @ts-expect-error pictures of embedImages are documents
  void embeddings.embedImages(["a.png"], { inputType: "query" });
});

test("BgeMultimodalEmbeddings takes an id, a reference, a loaded model, or fields around one", () => {
  const { signal } = new AbortController();
  new BgeMultimodalEmbeddings("./bge-vl-base");
  new BgeMultimodalEmbeddings(reference);
  new BgeMultimodalEmbeddings({ model, signal, queryInstruction: "Find it: " });
  new BgeMultimodalEmbeddings({ model: "./bge-vl-base", dtype: "int8", allowUrls: { hosts: ["example.org"] } });
  // @ts-expect-error an embedder for texts reads no pictures
  new BgeMultimodalEmbeddings({ model: embedder });
  // @ts-expect-error unknown options are refused
  new BgeMultimodalEmbeddings({ model: "./bge-vl-base", imageSize: 224 });
});

test("addImages takes any vector store", () => {
  const { signal } = new AbortController();
  expectTypeOf(addImages(vectorStore, documents)).resolves.toEqualTypeOf<string[] | undefined>();
  void addImages(vectorStore, documents, { imageField: "picture", storeOptions: { ids: ["a"] }, signal });
  // @ts-expect-error texts are no documents
  void addImages(vectorStore, ["a"]);
});
