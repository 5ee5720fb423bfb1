import { BgeError } from "@bge-js/core";
import { checkList, checkOwn, invalid, metadataOf } from "@bge-js/core/adapter";
import type { AnyDocument } from "@bge-js/retriever";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import { VectorStore } from "@langchain/core/vectorstores";
import type { Filter, QdrantAddOptions } from "./api.js";
import { contentHash } from "./ids.js";
import { type SharedRetriever, type SharedRetrieverFields, sharedRetriever } from "./shared-retriever.js";

export interface BgeQdrantVectorStoreFields extends SharedRetrieverFields {}

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
  private readonly shared: SharedRetriever;

  /** @throws BgeError `INVALID_OPTION` for anything but a loaded retriever */
  constructor(fields: BgeQdrantVectorStoreFields) {
    checkOwn(fields, "BgeQdrantVectorStore");
    const shared = sharedRetriever("BgeQdrantVectorStore", fields);
    const { embedder } = fields.retriever;
    const embeddings = {
      embedQuery: async (text: string) => Array.from(await embedder.embedQuery(text)),
      embedDocuments: async (texts: string[]) =>
        (await embedder.embedDocuments(texts)).map((vector) => Array.from(vector)),
    };
    super(embeddings, {});
    this.shared = shared;
  }

  /** Rejects, as `fromDocuments`: a collection embeds with the model of its retriever, not with embeddings of the caller's. */
  static override async fromTexts(): Promise<never> {
    throw new BgeError(
      "INVALID_OPTION",
      "BgeQdrantVectorStore embeds with its retriever's own model: use new BgeQdrantVectorStore({ retriever }), and addDocuments.",
      { parameter: "embeddings" },
    );
  }

  static override fromDocuments(): Promise<never> {
    return BgeQdrantVectorStore.fromTexts();
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
    await this.shared.add(added, addOptions);
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
    await this.shared.remove(params?.ids);
  }

  override async similaritySearch(query: string, k = 4, filter?: Filter): Promise<Document[]> {
    return (await this.similaritySearchWithScore(query, k, filter)).map(([document]) => document);
  }

  override async similaritySearchWithScore(query: string, k = 4, filter?: Filter): Promise<[Document, number][]> {
    const results = await this.shared.search(query, k, filter);
    return results.map(({ document, score }) => [toDocument(document), score]);
  }

  /** By the dense vectors alone. The scores are cosines. */
  override async similaritySearchVectorWithScore(
    query: number[],
    k: number,
    filter?: Filter,
  ): Promise<[Document, number][]> {
    const near = await this.shared.nearest(query, k, filter);
    return near.map(({ document, score }) => [toDocument(document), score]);
  }
}

function toDocument(document: AnyDocument): Document {
  return new Document({ id: document.id, pageContent: document.text, metadata: metadataOf(document) });
}
