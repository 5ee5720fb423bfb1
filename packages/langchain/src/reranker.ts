import type { Reranker, RerankOptions } from "@bge-js/core";
import {
  type AdapterFields,
  type AdapterModel,
  adapterFields,
  type BudgetFields,
  budgetOptions,
  callOptions,
  checkList,
  checkQuery,
  type ModelHandle,
  rerankerHandle,
} from "@bge-js/core/adapter";
import type { Callbacks } from "@langchain/core/callbacks/manager";
import type { Document, DocumentInterface } from "@langchain/core/documents";
import { BaseDocumentCompressor } from "@langchain/core/retrievers/document_compressors";
import type { RankedResult } from "./ranked.js";
import { checkFlag, ranked } from "./ranked.js";

/** A model and the load options of `@bge-js/core`. `model` may be a loaded `Reranker`, without load options. */
export interface BgeRerankerFields extends AdapterFields<Reranker>, BudgetFields {
  /** Maximum number of documents to keep. @default 3 */
  readonly topN?: number;
  /** Minimum score of the documents to keep, on the scale of the scores. Rejected if that is "fused". @default none */
  readonly threshold?: number;
  /**
   * Whether `compressDocuments` puts the score into `metadata.relevanceScore`, as `CohereRerank` does. @default true
   */
  readonly scoreInMetadata?: boolean;
  /** As in `LoadOptions` of `@bge-js/core`. @default "sigmoid"; "fused" where neither a model nor a `threshold` is given */
  readonly scale?: "logit" | "sigmoid" | "fused";
}

/** A document as accepted by `rerank`. */
export type RerankInput = DocumentInterface | string | { readonly pageContent: string };

/**
 * A local reranker for LangChain.js: a document compressor for `ContextualCompressionRetriever` and
 * `BgeRerankRetriever`. Without a model, it uses `scale: "fused"`: late interaction with bge-small-en-v1.5 over all
 * documents, and the small cross-encoder bge-js/reranker-small-en over the best of them. Fused scores are comparable
 * only within one call, so with a `threshold` the default is the sigmoid of that cross-encoder.
 *
 * With a named model, scores are a cross-encoder's sigmoid (its raw logit with `scale: "logit"`) or the cosine of late
 * interaction. A shared `Reranker` keeps its own scale. Loading, errors and `dispose` work as in `BgeEmbeddings`.
 *
 * @example
 * ```ts
 * new BgeReranker(); // the embedded models, topN 3
 * new BgeReranker("BAAI/bge-reranker-v2-m3");
 * new BgeReranker({ model: "./my-reranker", topN: 5, threshold: 0.2 });
 * new BgeReranker("BAAI/bge-small-en-v1.5"); // only late interaction
 * new BgeReranker({ model: reranker, topN: 5 }); // shares a loaded Reranker; new BgeReranker(reranker) for topN 3
 * ```
 */
export class BgeReranker extends BaseDocumentCompressor implements AsyncDisposable {
  readonly topN: number;
  readonly threshold: number | undefined;
  readonly scoreInMetadata: boolean;
  // Not #private, because tracers call methods on a Proxy.
  private readonly reranker: ModelHandle<Reranker>;
  private readonly signal: AbortSignal | undefined;
  private readonly budget: BudgetFields;

  /**
   * Loads nothing yet.
   *
   * @throws BgeError `INVALID_OPTION` for a loaded model that is not a reranker or is combined with load options, and
   * for a `threshold` on fused scores
   */
  constructor(input: AdapterModel<Reranker> | BgeRerankerFields = {}) {
    super();
    const fields = adapterFields<Reranker, BgeRerankerFields>(input);
    const { model, topN = 3, threshold, scoreInMetadata = true, signal, budgetMs, onSkipped, ...options } = fields;
    this.topN = topN;
    this.threshold = threshold;
    this.scoreInMetadata = checkFlag(scoreInMetadata);
    this.reranker = rerankerHandle("BgeReranker", model, options, threshold);
    this.signal = signal;
    this.budget = budgetOptions("BgeReranker", {
      ...(budgetMs !== undefined && { budgetMs }),
      ...(onSkipped !== undefined && { onSkipped }),
    });
  }

  /**
   * Returns copies of the best `topN` documents, best first, ties in input order. They keep id and metadata, and have
   * the score in `metadata.relevanceScore` unless `scoreInMetadata` is false.
   */
  override async compressDocuments(
    documents: readonly DocumentInterface[],
    query: string,
    _callbacks?: Callbacks,
  ): Promise<Document[]> {
    return ranked(documents, await this.rerank(documents, query), this.scoreInMetadata);
  }

  /**
   * Returns the positions of the best documents and their scores, best first, with the argument order of
   * `CohereRerank`. Limits default to the instance's. Rejects with `INVALID_INPUT` for a blank query.
   */
  async rerank(documents: readonly RerankInput[], query: string, options: RerankOptions = {}): Promise<RankedResult[]> {
    const { topN = this.topN, threshold = this.threshold, signal, budgetMs, onSkipped } = options;
    checkList(documents, "documents");
    checkQuery(query);
    // Anything but a document becomes undefined, which core reports by index.
    const texts = documents.map((document) => (typeof document === "string" ? document : document?.pageContent));
    const call = callOptions(this.signal, signal);
    const reranker = await this.reranker.get(call.signal);
    const limits = {
      topN,
      ...this.budget,
      ...(threshold !== undefined && { threshold }),
      ...(budgetMs !== undefined && { budgetMs }),
      ...(onSkipped !== undefined && { onSkipped }),
    };
    const ranking = await reranker.rerank(query, texts, { ...limits, ...call });
    return ranking.map(({ index, score }) => ({ index, relevanceScore: score }));
  }

  /** Frees the model if this instance loaded it, but never a shared one. Later calls reject with `DISPOSED`. */
  dispose(): Promise<void> {
    return this.reranker.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
