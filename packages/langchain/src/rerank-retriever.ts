import { BgeError } from "@bge-js/core";
import { callOptions, checkOwn } from "@bge-js/core/adapter";
import type { CallbackManagerForRetrieverRun } from "@langchain/core/callbacks/manager";
import type { Document } from "@langchain/core/documents";
import type { BaseRetrieverInput, BaseRetrieverInterface } from "@langchain/core/retrievers";
import type { VectorStoreInterface } from "@langchain/core/vectorstores";
import { AbortableRetriever } from "./abortable-retriever.js";
import { checkFlag, ranked } from "./ranked.js";
import type { BgeReranker } from "./reranker.js";

export interface BgeRerankRetrieverFields extends BaseRetrieverInput {
  /** The vector store to retrieve the first `k` documents from. Pass either this or `baseRetriever`. */
  readonly vectorStore?: VectorStoreInterface;
  /**
   * A retriever that returns the documents to rerank, as many as it likes: a hybrid retriever, or a vector store's with
   * a filter.
   */
  readonly baseRetriever?: BaseRetrieverInterface;
  /**
   * Number of documents to retrieve from the vector store. Not for `baseRetriever`, which has its own number.
   * @default 100
   */
  readonly k?: number;
  /** The reranker. It may be shared, and the caller disposes it. */
  readonly reranker: BgeReranker;
  /** Number of documents to return. @default the reranker's (3) */
  readonly topN?: number;
  /**
   * Whether to put the score into `metadata.relevanceScore`. Retrievers that combine others, such as
   * `MultiQueryRetriever`, treat documents with different metadata as different documents, and scores differ between
   * queries. @default false
   */
  readonly scoreInMetadata?: boolean;
}

/**
 * Retrieves many documents, reranks them and returns copies of the best few with their metadata. With
 * `scoreInMetadata`, adds the score as `metadata.relevanceScore`. The first stage is a child run in the callback tree,
 * tagged "base_retriever". The signal in `invoke`'s config aborts both stages.
 *
 * @example
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

  /**
   * @throws BgeError `INVALID_OPTION` unless exactly one of `vectorStore` and `baseRetriever` is passed, and `k` only
   * with `vectorStore`
   */
  constructor(fields: BgeRerankRetrieverFields) {
    checkOwn(fields, "BgeRerankRetriever");
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
    throw new BgeError(
      "INVALID_OPTION",
      "BgeRerankRetriever needs either vectorStore or baseRetriever, but not both.",
      {
        parameter,
      },
    );
  }
  if (k !== undefined) {
    const message = "k applies only to vectorStore: a baseRetriever has its own number of documents.";
    throw new BgeError("INVALID_OPTION", message, { parameter: "k" });
  }
  return baseRetriever;
}
