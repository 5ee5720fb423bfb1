import type { ModelSpec, OpenSource, ServedSource } from "./model.js";
import type { CallOptions } from "./options.js";

/**
 * What a reranker's score is: a cross-encoder's raw logit or its sigmoid, the cosine of late interaction, the weighted mean of
 * bge-m3's three scores (a cosine, a lexical score of 0 or more, a cosine), or, for `"fused"`, a number that is only comparable
 * within the same call.
 */
export type Scale = "logit" | "sigmoid" | "cosine" | "hybrid" | "fused";

export interface RerankOptions extends CallOptions {
  /** Maximum number of results. @default all */
  readonly topN?: number;
  /** Minimum score of a result, in the reranker's `scale`. @default none */
  readonly threshold?: number;
  /**
   * Milliseconds the call may take to read documents, in the order in which they come: pass them best first. Those that late interaction
   * has kept are compared without reading. Reading that would not fit, judging by earlier calls with a budget, is not started. What was
   * not read comes behind what was, in the order in which it came, with `read: false`; with a `threshold` it is left out.
   * @default none
   */
  readonly budgetMs?: number;
  /** Called if stages did not score all their documents within `budgetMs`, like `onProgress` of `embedDocuments`. @default none */
  readonly onSkipped?: (skipped: readonly SkippedRerankStage[]) => void;
}

/** A stage of a reranker that did not score all its documents in time. A fused reranker has two. */
export interface SkippedRerankStage {
  readonly stage: "lateInteraction" | "crossEncoder" | "hybrid";
  readonly scored: number;
  /** How many it would have scored: all documents, or for a fused reranker's cross-encoder at most 30. */
  readonly candidates: number;
}

export interface RankedDocument {
  /** Index in the caller's list. */
  readonly index: number;
  /** Of a document that was not read in time: the lowest of those that were, or 0. */
  readonly score: number;
  /** Present with `budgetMs`: whether the document was read. By a fused reranker: by late interaction. */
  readonly read?: boolean;
}

/**
 * A loaded reranker: a cross-encoder, late interaction over an embedding model's token vectors, or bge-m3's dense, sparse and
 * multi-vector scores combined. Its methods reject like those of `Embedder`. A document's score does not depend on the other
 * documents, unless `scale` is `"fused"`; then errors carry no `completed`.
 */
export interface Reranker extends AsyncDisposable {
  readonly kind: "cross-encoder" | "late-interaction" | "hybrid" | "fused";
  /** The facts in use. For fused models, this, `source` and `maxTokens` are the cross-encoder's. */
  readonly spec: ModelSpec;
  readonly source: OpenSource | ServedSource;
  /** What scores, and a `threshold`, mean. */
  readonly scale: Scale;
  /** Longest input in tokens that is not cut, special tokens included; for a cross-encoder, query and document together. */
  readonly maxTokens: number;
  /** Resolves to one score per document, in input order; `[]` for `[]`. */
  score(query: string, documents: readonly string[], options?: CallOptions): Promise<number[]>;
  /** Resolves to the documents' indices and scores, best first; ties stay in input order. */
  rerank(query: string, documents: readonly string[], options?: RerankOptions): Promise<RankedDocument[]>;
  /** See `Embedder.dispose`. */
  dispose(): Promise<void>;
}
