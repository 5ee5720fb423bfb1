import { randomUUID } from "node:crypto";
import { BgeError } from "@bge-js/core";
import {
  callOptions,
  checkList,
  metadataOf,
  optionalPackage,
  type RetrieverFields,
  type RetrieverHandle,
  retrieverFields,
  retrieverHandle,
} from "@bge-js/core/adapter";
import type { AddOptions, AnyDocument, Retriever, RetrieverOptions } from "@bge-js/retriever";
import { Document, type DocumentInterface } from "@langchain/core/documents";
import type { BaseRetrieverInput } from "@langchain/core/retrievers";
import { AbortableRetriever } from "./abortable-retriever.js";
import { checkFlag, ranked } from "./ranked.js";

/** The options of `loadRetriever` of `@bge-js/retriever`, or a loaded `retriever` without them; those of a search; LangChain's own. */
export interface BgeRetrieverFields
  extends RetrieverFields<DocumentInterface, Retriever>,
    RetrieverOptions,
    BaseRetrieverInput {
  /** As in `BgeRerankRetriever`. @default false */
  readonly scoreInMetadata?: boolean;
}

/** `ids` as LangChain's vector stores take them, beside the retriever's options. */
export interface AddDocumentsOptions extends AddOptions {
  /** One a document, in their order; they go before the documents' own. @default the document's `id`, else a new UUID */
  readonly ids?: readonly string[];
}

/**
 * A retriever for LangChain.js that needs no vector store: documents in this process's memory, found by words (BM25) and by
 * vectors, the best of them read again by late interaction and a cross-encoder as the options say.
 *
 * What is returned are copies, best first, with the metadata that they came with; with `scoreInMetadata` the score is in
 * `metadata.relevanceScore`: for the order alone, comparable within one search. The models are loaded by the first call, once for
 * all callers; a failed load is tried again by the next call. Every method rejects with a `BgeError` of `@bge-js/core`, or with the
 * reason of a signal: the instance's, or the one of `invoke`'s config.
 *
 * ```ts
 * const retriever = await BgeRetriever.fromDocuments(documents, { topN: 5 });
 * const [best] = await retriever.invoke("How do I watch a folder for changes?");
 * new BgeRetriever({ embedder: "BAAI/bge-base-en-v1.5", reranker: "BAAI/bge-reranker-v2-m3", budgetMs: 300 });
 * new BgeRetriever(retriever); // shares a loaded Retriever; with options of a search: { retriever, topN: 5 }
 * ```
 */
export class BgeRetriever extends AbortableRetriever implements AsyncDisposable {
  static override lc_name(): string {
    return "BgeRetriever";
  }

  override lc_namespace = ["bge_js", "retrievers"];
  readonly topN: number;
  readonly scoreInMetadata: boolean;
  // Not #private: tracers call methods on a Proxy.
  private readonly retriever: RetrieverHandle<Document>;
  private readonly signal: AbortSignal | undefined;

  /** Loads nothing. Throws `INVALID_OPTION` for a loaded thing that is no retriever, or that comes with options of `loadRetriever`. */
  constructor(input: Retriever | BgeRetrieverFields = {}) {
    const fields = retrieverFields<BgeRetrieverFields>(input);
    const { topN = 3, scoreInMetadata = false, signal, callbacks, tags, metadata, verbose, ...options } = fields;
    // LangChain's own alone: it keeps and prints what it is given.
    super({ callbacks, tags, metadata, verbose } as BaseRetrieverInput);
    this.topN = topN;
    this.scoreInMetadata = checkFlag(scoreInMetadata);
    this.retriever = retrieverHandle("BgeRetriever", options, loadRetriever, toDocument);
    this.signal = signal;
  }

  /** A retriever that holds these documents; `input` is the constructor's. What was loaded is freed if a document cannot be used. */
  static async fromDocuments(
    documents: readonly DocumentInterface[],
    input: Retriever | BgeRetrieverFields = {},
    options: AddDocumentsOptions = {},
  ): Promise<BgeRetriever> {
    const retriever = new BgeRetriever(input);
    try {
      await retriever.addDocuments(documents, options);
      return retriever;
    } catch (error) {
      await retriever.dispose();
      throw error;
    }
  }

  /**
   * Adds copies, and gives their ids in input order: those of `options.ids`, else the document's, else a new UUID. A document takes
   * the place of one with the same id. Rejects with `INVALID_OPTION` for `ids` that are not one non-empty string a document. If some
   * documents cannot be used, all others are added, and then the promise rejects with an error that names them.
   */
  async addDocuments(documents: readonly DocumentInterface[], options: AddDocumentsOptions = {}): Promise<string[]> {
    checkList(documents, "documents");
    const { ids, ...addOptions } = options;
    checkIds(ids, documents.length);
    // What is no document gets a text that is undefined, which core reports by its index.
    const added = documents.map(
      (document, index): AnyDocument => ({
        id: ids?.[index] ?? document?.id ?? randomUUID(),
        text: document?.pageContent,
        metadata: { ...document?.metadata },
      }),
    );
    await this.retriever.add(added, { ...addOptions, ...callOptions(this.signal, addOptions.signal) });
    return added.map(({ id }) => id);
  }

  /** Takes documents out by their ids; ids that are not there are passed over. */
  async delete(params: { readonly ids: readonly string[] }): Promise<void> {
    await this.retriever.remove(params?.ids);
  }

  override async _getRelevantDocuments(query: string): Promise<Document[]> {
    const options = { topN: this.topN, ...callOptions(this.signal, this.runSignal) };
    const found = await this.retriever.search(query, options);
    return ranked(
      found.map(({ document }) => document),
      found.map(({ score }, index) => ({ index, relevanceScore: score })),
      this.scoreInMetadata,
    );
  }

  /** Frees the documents and the models if they were loaded here, never a shared retriever; later calls reject with `DISPOSED`. */
  dispose(): Promise<void> {
    return this.retriever.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

async function loadRetriever(options: RetrieverOptions): Promise<Retriever> {
  const retriever = await optionalPackage("@bge-js/retriever", "BgeRetriever", () => import("@bge-js/retriever"));
  return retriever.loadRetriever(options);
}

/** Of a document that was put into a shared retriever elsewhere, all further fields are metadata. */
function toDocument(document: AnyDocument): Document {
  return new Document({ id: document.id, pageContent: document.text, metadata: metadataOf(document) });
}

function checkIds(ids: unknown, count: number): void {
  if (ids === undefined) return;
  const problem = problemOfIds(ids, count);
  if (problem !== undefined) throw new BgeError("INVALID_OPTION", `ids ${problem}.`, { parameter: "ids" });
}

function problemOfIds(ids: unknown, count: number): string | undefined {
  if (!Array.isArray(ids)) return "must be a list of strings, one a document";
  if (ids.length !== count) return `must be one a document: there are ${ids.length} for ${count} documents`;
  const index = ids.findIndex((id) => typeof id !== "string" || id === "");
  return index === -1 ? undefined : `must be strings that are not empty: index ${index} is not`;
}
