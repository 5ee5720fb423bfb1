import { BgeError } from "@bge-js/core";
import { checkList, invalid, metadataOf } from "@bge-js/core/adapter";
import type { AnyDocument } from "@bge-js/retriever";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { VectorStore } from "@langchain/core/vectorstores";
import type { Filter, QdrantAddOptions, QdrantRetriever, QdrantSearchOptions } from "./api.js";
import { ask, SEARCH_PATIENCE } from "./failures.js";
import { contentHash } from "./ids.js";
import { documentOf } from "./points.js";

export interface BgeQdrantVectorStoreFields extends Pick<QdrantSearchOptions, "budgetMs" | "stages" | "signal"> {
  /** A loaded retriever, which is shared and not disposed. */
  readonly retriever: QdrantRetriever;
}

export interface AddDocumentsOptions extends QdrantAddOptions {
  /** One id per document, in order. @default the document's `id`, else one that follows from its text and metadata */
  readonly ids?: readonly string[];
}

/**
 * A vector store for LangChain.js over a collection of `loadQdrantRetriever`. Searches by text are those of the retriever:
 * words, vectors, late interaction and the cross-encoder, with scores that are comparable only within one search. Its
 * `asRetriever()` is a retriever. Metadata are kept under `metadata`, which filters name: `metadata.page`.
 *
 * @example
 * ```ts
 * const vectorStore = new BgeQdrantVectorStore({ retriever });
 * await vectorStore.addDocuments(documents);
 * const [best] = await vectorStore.asRetriever({ k: 3 }).invoke("How do I watch a folder for changes?");
 * ```
 */
export class BgeQdrantVectorStore extends VectorStore {
  declare FilterType: Filter;
  // Not #private, because tracers call methods on a Proxy.
  private readonly retriever: QdrantRetriever;
  private readonly options: Pick<QdrantSearchOptions, "budgetMs" | "stages" | "signal">;

  /** @throws BgeError `INVALID_OPTION` for anything but a loaded retriever */
  constructor({ retriever, ...options }: BgeQdrantVectorStoreFields) {
    if (typeof retriever?.search !== "function" || !("collection" in retriever)) {
      throw invalid("retriever", "must be a retriever of loadQdrantRetriever; await it first");
    }
    const { embedder } = retriever;
    const embeddings = {
      embedQuery: async (text: string) => Array.from(await embedder.embedQuery(text)),
      embedDocuments: async (texts: string[]) =>
        (await embedder.embedDocuments(texts)).map((vector) => Array.from(vector)),
    };
    super(embeddings, {});
    this.retriever = retriever;
    this.options = options;
  }

  override _vectorstoreType(): string {
    return "bge_qdrant";
  }

  /** Stores copies of documents, those that are not stored already, and returns their ids in input order. */
  override async addDocuments(documents: DocumentInterface[], options: AddDocumentsOptions = {}): Promise<string[]> {
    checkList(documents, "documents");
    const { ids, ...addOptions } = options;
    if (ids !== undefined && ids.length !== documents.length) {
      throw invalid("ids", `must have one entry per document, but has ${ids.length} for ${documents.length} documents`);
    }
    // Anything but a document gets an undefined text, which the retriever reports by index.
    const added = documents.map((document, index): AnyDocument => {
      const { pageContent: text, metadata = {} } = document ?? {};
      const id = ids?.[index] ?? document?.id ?? contentHash(JSON.stringify([text, metadata]));
      return { id, text: text as string, metadata };
    });
    const { signal } = this.options;
    await this.retriever.add(added, { ...(signal && { signal }), ...addOptions });
    return added.map(({ id }) => id);
  }

  /** Rejects: a document's words and token rows do not follow from its vector. */
  override async addVectors(): Promise<never> {
    throw new BgeError("INVALID_INPUT", "Vectors alone cannot be stored in this collection: use addDocuments.", {
      parameter: "vectors",
    });
  }

  /** Removes documents by id. Unknown ids are ignored. */
  override async delete(params: { readonly ids: readonly string[] }): Promise<void> {
    await this.retriever.remove(params?.ids);
  }

  override async similaritySearch(query: string, k = 4, filter?: Filter): Promise<Document[]> {
    return (await this.similaritySearchWithScore(query, k, filter)).map(([document]) => document);
  }

  override async similaritySearchWithScore(query: string, k = 4, filter?: Filter): Promise<[Document, number][]> {
    const { results } = await this.retriever.search(query, { ...this.options, topN: k, ...(filter && { filter }) });
    return results.map(({ document, score }) => [toDocument(document), score]);
  }

  /** By the dense vectors alone. The scores are cosines. */
  override async similaritySearchVectorWithScore(
    query: number[],
    k: number,
    filter?: Filter,
  ): Promise<[Document, number][]> {
    const { client, collection } = this.retriever;
    const search = { query, using: "dense", limit: k, with_payload: true, ...(filter && { filter }) };
    const request = () => client.query(collection, search);
    const { points } = await ask(`search ${collection}`, request, this.options.signal, SEARCH_PATIENCE);
    return points.map(({ payload, score }) => [toDocument(documentOf(payload)), score]);
  }
}

function toDocument(document: AnyDocument): Document {
  return new Document({ id: document.id, pageContent: document.text, metadata: metadataOf(document) });
}
