import type { ModelSpec, OpenSource } from "./model.js";
import type { CallOptions } from "./options.js";

/**
 * What a reranker's score is: a cross-encoder's raw logit or its sigmoid, the cosine of late interaction, or the weighted mean
 * of bge-m3's three scores (a cosine, a lexical score of 0 or more, a cosine). `"fused"`: a number that is comparable with those
 * of the same call alone.
 */
export type Scale = "logit" | "sigmoid" | "cosine" | "hybrid" | "fused";

export interface RerankOptions extends CallOptions {
  /** At most this many results. @default all */
  readonly topN?: number;
  /** Only results scored at least this, in the reranker's own `scale`. @default none */
  readonly threshold?: number;
}

export interface RankedDocument {
  /** Position in the caller's list. */
  readonly index: number;
  readonly score: number;
}

/**
 * A reranker, loaded: a cross-encoder, late interaction over an embedding model's token vectors, or bge-m3's dense, sparse and
 * multi-vector scores together. Rejects as `Embedder` does; a document's score does not depend on the others, unless `scale` is
 * `"fused"`: then an error carries no `completed`.
 */
export interface Reranker extends AsyncDisposable {
  readonly kind: "cross-encoder" | "late-interaction" | "hybrid" | "fused";
  /** Of two models that are fused: the cross-encoder, as `source` and `maxTokens`. */
  readonly spec: ModelSpec;
  readonly source: OpenSource;
  /** What a score is, and so what a `threshold` means. */
  readonly scale: Scale;
  /** Longest input that is read whole (cross-encoder: query and document together), special tokens included. */
  readonly maxTokens: number;
  /** One score a document, in input order; `[]` for `[]`. */
  score(query: string, documents: readonly string[], options?: CallOptions): Promise<number[]>;
  /** Best first; equal scores stay in input order. */
  rerank(query: string, documents: readonly string[], options?: RerankOptions): Promise<RankedDocument[]>;
  /** As `Embedder.dispose`. */
  dispose(): Promise<void>;
}
