import type { Embedder, Reranker } from "@bge-js/core";
import type { SourceText } from "./documents.js";

/** Number of texts that the first stage retrieves, and that remain after reranking. */
export const CANDIDATES = 100;
export const TOP_N = 3;

/** What both LangChain.js and LlamaIndex.TS do for the demo, each with its own vector store. */
export interface SearchIndex {
  add(texts: readonly SourceText[]): Promise<void>;
  search(question: string): Promise<Answer>;
}

export interface Answer {
  readonly hits: readonly Hit[];
  /** Number of texts that were reranked. */
  readonly candidates: number;
  readonly retrieveMs: number;
  readonly rerankMs: number;
}

export interface Hit extends SourceText {
  /** The reranker's score. */
  readonly score: number;
  /** The rank after retrieval alone, from 1. */
  readonly rankBefore: number;
}

export interface Models {
  readonly embedder: Embedder;
  readonly reranker: Reranker;
  readonly signal: AbortSignal;
}
