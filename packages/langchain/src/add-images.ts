import { BgeError } from "@bge-js/core";
import { type AdapterImage, checkList, checkOwn, invalid, listed } from "@bge-js/core/adapter";
import type { MultimodalCallOptions } from "@bge-js/core/multimodal";
import type { DocumentInterface } from "@langchain/core/documents";
import type { VectorStoreInterface } from "@langchain/core/vectorstores";
import type { BgeMultimodalEmbeddings } from "./multimodal-embeddings.js";

export interface AddImagesOptions extends Omit<MultimodalCallOptions, "inputType"> {
  /** The field of a document's metadata that names its picture, or is it. @default "image" */
  readonly imageField?: string;
  /** Passed to the store's `addVectors`: `{ ids }` for most. @default none */
  readonly storeOptions?: Parameters<VectorStoreInterface["addVectors"]>[2];
}

/**
 * Adds documents with pictures to a vector store whose embeddings are `BgeMultimodalEmbeddings`, as `addDocuments` adds
 * texts. A document's vector is that of the picture that its `metadata.image` names, together with its `pageContent`
 * unless that is blank. The store gets the documents as they are. If one cannot be embedded, none is added.
 *
 * @returns the ids, if the store's `addVectors` returns them; `[]` for `[]`, with which the store is not called
 * @throws BgeError `INVALID_OPTION` for a store with other embeddings; `INVALID_INPUT`, naming the indices of documents
 * without a picture or with one that cannot be read
 * @example
 * ```ts
 * const store = new MemoryVectorStore(new BgeMultimodalEmbeddings("./bge-vl-base"));
 * await addImages(store, [{ pageContent: "", metadata: { image: "./bus.jpg" } }]);
 * const [hit] = await store.similaritySearch("a red bus", 1);
 * ```
 */
export async function addImages(
  vectorStore: VectorStoreInterface,
  documents: readonly DocumentInterface[],
  addOptions: AddImagesOptions = {},
): Promise<string[] | undefined> {
  checkOwn(addOptions, "addImages");
  const { imageField = "image", storeOptions, ...options } = addOptions;
  const embeddings = embeddingsOf(vectorStore);
  if (typeof imageField !== "string") throw invalid("imageField", "must be a string");
  checkList(documents, "documents");
  const given = Array.from(documents); // the caller may change the array meanwhile
  checkImages(given, imageField);
  if (given.length === 0) return [];
  const vectors = await embeddings.embedInputs(
    given.map(({ pageContent, metadata }) => ({
      image: metadata[imageField] as AdapterImage,
      // Anything but a string is left to the model to refuse.
      ...((typeof pageContent !== "string" || pageContent.trim() !== "") && { text: pageContent }),
    })),
    options,
  );
  const ids = await vectorStore.addVectors(vectors, given, storeOptions);
  return Array.isArray(ids) ? ids : undefined;
}

/** Checks the method, not the class: the embeddings may come from another copy of this package. */
function embeddingsOf(vectorStore: VectorStoreInterface): BgeMultimodalEmbeddings {
  const embeddings = vectorStore?.embeddings;
  if (typeof embeddings === "object" && embeddings !== null && "embedInputs" in embeddings) {
    return embeddings as BgeMultimodalEmbeddings;
  }
  throw invalid(
    "vectorStore",
    "must be a vector store made with BgeMultimodalEmbeddings, in whose space it is searched",
  );
}

function checkImages(documents: readonly DocumentInterface[], imageField: string): void {
  const indices = documents.flatMap((document, index) => {
    const image = document?.metadata?.[imageField];
    return image === undefined || image === null ? [index] : [];
  });
  if (indices.length === 0) return;
  const message =
    `${indices.length} of ${documents.length} documents have no picture in metadata.${imageField}: index ${listed(indices.map(String))}. ` +
    "Set imageField if it is another, and add texts with the store's addDocuments. Nothing was added.";
  throw new BgeError("INVALID_INPUT", message, { parameter: "documents", indices });
}
