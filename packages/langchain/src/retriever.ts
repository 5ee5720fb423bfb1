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

/**
 * The options of `loadRetriever` of `@bge-js/retriever` (or a loaded `retriever` instead), search options, and
 * LangChain's retriever fields.
 */
export interface BgeRetrieverFields
  extends RetrieverFields<DocumentInterface, Retriever>,
    RetrieverOptions,
    BaseRetrieverInput {
  /** As in `BgeRerankRetriever`. @default false */
  readonly scoreInMetadata?: boolean;
}

/** `ids`, as for LangChain's vector stores, and the retriever's options. */
export interface AddDocumentsOptions extends AddOptions {
  /**
   * One id per document, in order. Takes precedence over the documents' own ids. @default the document's `id`, else a
   * new UUID
   */
  readonly ids?: readonly string[];
}

/**
 * A retriever for LangChain.js that needs no vector store: it holds documents in memory or in a `directory` and finds them
 * by words (BM25) and by vectors. Late interaction and a cross-encoder rescore the best of them, depending on the options.
 *
 * Returns copies of the documents with their metadata, best first. With `scoreInMetadata`, adds the score as
 * `metadata.relevanceScore`, comparable only within one search. The first call loads the models, once for all callers;
 * if loading fails, the next call tries again. Every method rejects with a `BgeError` of `@bge-js/core`, or with the
 * reason of an aborted signal, be it the instance's or that of `invoke`'s config.
 *
 * @example
 * ```ts
 * const retriever = await BgeRetriever.fromDocuments(documents, { topN: 5 });
 * const [best] = await retriever.invoke("How do I watch a folder for changes?");
 * new BgeRetriever({ embedder: "BAAI/bge-base-en-v1.5", reranker: "BAAI/bge-reranker-v2-m3", budgetMs: 300 });
 * new BgeRetriever(retriever); // shares a loaded Retriever; with search options: { retriever, topN: 5 }
 * ```
 */
export class BgeRetriever extends AbortableRetriever implements AsyncDisposable {
  static override lc_name(): string {
    return "BgeRetriever";
  }

  override lc_namespace = ["bge_js", "retrievers"];
  readonly topN: number;
  readonly scoreInMetadata: boolean;
  // Not #private, because tracers call methods on a Proxy.
  private readonly retriever: RetrieverHandle<Document>;
  private readonly signal: AbortSignal | undefined;

  /**
   * Loads nothing yet.
   *
   * @throws BgeError `INVALID_OPTION` for a loaded object that is not a retriever, or that is combined with options of
   * `loadRetriever`
   */
  constructor(input: Retriever | BgeRetrieverFields = {}) {
    const fields = retrieverFields<BgeRetrieverFields>(input);
    const { topN = 3, scoreInMetadata = false, signal, callbacks, tags, metadata, verbose, ...options } = fields;
    // Only LangChain's own fields: it keeps and prints whatever it is passed.
    super({ callbacks, tags, metadata, verbose } as BaseRetrieverInput);
    this.topN = topN;
    this.scoreInMetadata = checkFlag(scoreInMetadata);
    this.retriever = retrieverHandle("BgeRetriever", options, loadRetriever, toDocument);
    this.signal = signal;
  }

  /**
   * Creates a retriever with these documents. `input` is as for the constructor. If a document is invalid, frees what
   * was loaded.
   */
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
   * Adds copies of documents and returns their ids in input order: those of `options.ids`, otherwise the document's,
   * otherwise a new UUID. A document replaces one with the same id. Rejects with `INVALID_OPTION` unless `ids` has one
   * non-empty string per document. If some documents are invalid, all others are added, and then the promise rejects
   * with an error that names the invalid ones.
   */
  async addDocuments(documents: readonly DocumentInterface[], options: AddDocumentsOptions = {}): Promise<string[]> {
    checkList(documents, "documents");
    const { ids, ...addOptions } = options;
    checkIds(ids, documents.length);
    // Anything but a document gets an undefined text, which core reports by index.
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

  /** Removes documents by id. Unknown ids are ignored. */
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

  /**
   * Frees the documents and models if this instance loaded them, but never a shared retriever. Later calls reject with
   * `DISPOSED`.
   */
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

/** Converts a document that was added to a shared retriever elsewhere: all its additional fields become metadata. */
function toDocument(document: AnyDocument): Document {
  return new Document({ id: document.id, pageContent: document.text, metadata: metadataOf(document) });
}

function checkIds(ids: unknown, count: number): void {
  if (ids === undefined) return;
  const problem = problemOfIds(ids, count);
  if (problem !== undefined) throw new BgeError("INVALID_OPTION", `ids ${problem}.`, { parameter: "ids" });
}

function problemOfIds(ids: unknown, count: number): string | undefined {
  if (!Array.isArray(ids)) return "must be a list of strings, one per document";
  if (ids.length !== count) return `must have one entry per document, but has ${ids.length} for ${count} documents`;
  const index = ids.findIndex((id) => typeof id !== "string" || id === "");
  return index === -1 ? undefined : `must be non-empty strings: index ${index} is not`;
}
