import { BgeError } from "@bge-js/core";
import { callOptions } from "@bge-js/core/adapter";
import type { CallbackManagerForRetrieverRun } from "@langchain/core/callbacks/manager";
import type { Document } from "@langchain/core/documents";
import type { BaseRetrieverInput, BaseRetrieverInterface } from "@langchain/core/retrievers";
import type { VectorStoreInterface } from "@langchain/core/vectorstores";
import { AbortableRetriever } from "./abortable-retriever.js";
import { checkFlag, ranked } from "./ranked.js";
import type { BgeReranker } from "./reranker.js";

export interface BgeRerankRetrieverFields extends BaseRetrieverInput {
  /** Searched for the first `k` documents. Give this or `baseRetriever`. */
  readonly vectorStore?: VectorStoreInterface;
  /** Gives the documents to rerank, as many as it likes: a hybrid retriever, or a vector store's with a filter. */
  readonly baseRetriever?: BaseRetrieverInterface;
  /** How many documents the vector store is asked for; a `baseRetriever` has a number of its own. @default 100 */
  readonly k?: number;
  /** It stays the caller's, to share and to dispose. */
  readonly reranker: BgeReranker;
  /** How many documents are returned. @default the reranker's (3) */
  readonly topN?: number;
  /**
   * Whether the score is put into `metadata.relevanceScore`. Retrievers that combine others, such as `MultiQueryRetriever`, take
   * documents with different metadata for different documents, and a score differs by query. @default false
   */
  readonly scoreInMetadata?: boolean;
}

/**
 * Retrieves many documents, reranks them and returns copies of the few best, with the metadata that they had; with
 * `scoreInMetadata` the score is in `metadata.relevanceScore`. The first stage is a child run in the callbacks' tree, tagged
 * "base_retriever". The signal of `invoke`'s config aborts both.
 *
 * ```ts
 * const retriever = new BgeRerankRetriever({ vectorStore, reranker: new BgeReranker() });
 * const [best] = await retriever.invoke("How do I watch a folder for changes?");
 * ```
 */
export class BgeRerankRetriever extends AbortableRetriever {
  static override lc_name(): string {
    return "BgeRerankRetriever";
  }

  override lc_namespace = ["bge_js", "retrievers"];
  readonly baseRetriever: BaseRetrieverInterface;
  readonly reranker: BgeReranker;
  readonly topN: number;
  readonly scoreInMetadata: boolean;

  /** Throws `INVALID_OPTION` unless exactly one of `vectorStore` and `baseRetriever` is given, and `k` with the former alone. */
  constructor(fields: BgeRerankRetrieverFields) {
    const { vectorStore, baseRetriever, k, reranker, topN = reranker.topN, scoreInMetadata = false, ...input } = fields;
    super(input);
    this.baseRetriever = firstStage(vectorStore, baseRetriever, k);
    this.reranker = reranker;
    this.topN = topN;
    this.scoreInMetadata = checkFlag(scoreInMetadata);
  }

  override async _getRelevantDocuments(query: string, run?: CallbackManagerForRetrieverRun): Promise<Document[]> {
    const callbacks = run?.getChild("base_retriever");
    const signal = callOptions(undefined, this.runSignal);
    const documents = await this.baseRetriever.invoke(query, { ...signal, ...(callbacks && { callbacks }) });
    const ranking = await this.reranker.rerank(documents, query, { topN: this.topN, ...signal });
    return ranked(documents, ranking, this.scoreInMetadata);
  }
}

function firstStage(
  vectorStore: VectorStoreInterface | undefined,
  baseRetriever: BaseRetrieverInterface | undefined,
  k: number | undefined,
): BaseRetrieverInterface {
  if (vectorStore !== undefined && baseRetriever === undefined) return vectorStore.asRetriever({ k: k ?? 100 });
  if (baseRetriever === undefined || vectorStore !== undefined) {
    const parameter = "vectorStore";
    throw new BgeError("INVALID_OPTION", "BgeRerankRetriever needs either vectorStore or baseRetriever.", {
      parameter,
    });
  }
  if (k !== undefined) {
    const message = "k goes with vectorStore: a baseRetriever has a number of its own.";
    throw new BgeError("INVALID_OPTION", message, { parameter: "k" });
  }
  return baseRetriever;
}
