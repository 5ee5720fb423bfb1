import type { Reranker, RerankOptions } from "@bge-js/core";
import {
  type AdapterFields,
  type AdapterModel,
  adapterFields,
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

/** A model and the load options of `@bge-js/core`; `model` may be a loaded `Reranker`, then without load options. */
export interface BgeRerankerFields extends AdapterFields<Reranker> {
  /** At most this many documents are kept. @default 3 */
  readonly topN?: number;
  /** Only documents scored at least this, in the scale of the scores; refused where that is "fused". @default none */
  readonly threshold?: number;
  /** Whether `compressDocuments` puts the score into `metadata.relevanceScore`, as `CohereRerank` does. @default true */
  readonly scoreInMetadata?: boolean;
  /** As in `LoadOptions` of `@bge-js/core`. @default "sigmoid"; "fused" where neither a model nor a `threshold` is given */
  readonly scale?: "logit" | "sigmoid" | "fused";
}

/** What `rerank` takes for a document. */
export type RerankInput = DocumentInterface | string | { readonly pageContent: string };

/**
 * A local reranker for LangChain.js: a document compressor for `ContextualCompressionRetriever` and for `BgeRerankRetriever`.
 * Without a model it is `scale: "fused"`: late interaction with bge-small-en-v1.5 over all documents, and the small cross-encoder
 * bge-js/reranker-small-en over its best. Fused scores are for the order of one call alone: with a `threshold` the default is
 * that cross-encoder's sigmoid.
 *
 * Scores of a model that is named are a cross-encoder's sigmoid (`scale: "logit"` for the raw logit) or the cosine of late
 * interaction. A shared `Reranker` keeps its own scale. Loading, errors and `dispose` are as in `BgeEmbeddings`.
 *
 * ```ts
 * new BgeReranker(); // the embedded models, topN 3
 * new BgeReranker("BAAI/bge-reranker-v2-m3");
 * new BgeReranker({ model: "./my-reranker", topN: 5, threshold: 0.2 });
 * new BgeReranker("BAAI/bge-small-en-v1.5"); // late interaction alone
 * new BgeReranker({ model: reranker, topN: 5 }); // shares a loaded Reranker; new BgeReranker(reranker) for topN 3
 * ```
 */
export class BgeReranker extends BaseDocumentCompressor implements AsyncDisposable {
  readonly topN: number;
  readonly threshold: number | undefined;
  readonly scoreInMetadata: boolean;
  // Not #private: tracers call methods on a Proxy.
  private readonly reranker: ModelHandle<Reranker>;
  private readonly signal: AbortSignal | undefined;

  /**
   * Loads nothing. Throws `INVALID_OPTION` for a loaded model that is not a reranker, or that comes with load options, and for a
   * `threshold` of fused scores.
   */
  constructor(input: AdapterModel<Reranker> | BgeRerankerFields = {}) {
    super();
    const fields = adapterFields<Reranker, BgeRerankerFields>(input);
    const { model, topN = 3, threshold, scoreInMetadata = true, signal, ...options } = fields;
    this.topN = topN;
    this.threshold = threshold;
    this.scoreInMetadata = checkFlag(scoreInMetadata);
    this.reranker = rerankerHandle("BgeReranker", model, options, threshold);
    this.signal = signal;
  }

  /**
   * The best `topN` documents, best first, equal scores in input order. They are copies with the id and the metadata of the
   * caller's, and with the score in `metadata.relevanceScore` unless `scoreInMetadata` is false.
   */
  override async compressDocuments(
    documents: readonly DocumentInterface[],
    query: string,
    _callbacks?: Callbacks,
  ): Promise<Document[]> {
    return ranked(documents, await this.rerank(documents, query), this.scoreInMetadata);
  }

  /**
   * Where the best documents are in the list and how relevant they are, in the argument order of `CohereRerank`. A limit
   * that is not given is the reranker's own. Rejects with `INVALID_INPUT` for an empty query, too.
   */
  async rerank(documents: readonly RerankInput[], query: string, options: RerankOptions = {}): Promise<RankedResult[]> {
    const { topN = this.topN, threshold = this.threshold, signal } = options;
    checkList(documents, "documents");
    checkQuery(query);
    // What is no document becomes undefined, which core reports by its index.
    const texts = documents.map((document) => (typeof document === "string" ? document : document?.pageContent));
    const reranker = await this.reranker.get();
    const limits = threshold === undefined ? { topN } : { topN, threshold };
    const ranking = await reranker.rerank(query, texts, { ...limits, ...callOptions(this.signal, signal) });
    return ranking.map(({ index, score }) => ({ index, relevanceScore: score }));
  }

  /** Frees the model if it was loaded here, never a shared one; later calls reject with `DISPOSED`. */
  dispose(): Promise<void> {
    return this.reranker.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
