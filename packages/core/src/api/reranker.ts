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
}

export interface RankedDocument {
  /** Index in the caller's list. */
  readonly index: number;
  readonly score: number;
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
