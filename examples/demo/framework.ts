import type { Embedder, Reranker } from "@bge-js/core";
import type { SourceText } from "./documents.js";

/** How many texts the first stage retrieves, and how many reranking leaves. */
export const CANDIDATES = 100;
export const TOP_N = 3;

/** What LangChain.js and LlamaIndex.TS both do for the demo, each with its own vector store. */
export interface SearchIndex {
  add(texts: readonly SourceText[]): Promise<void>;
  search(question: string): Promise<Answer>;
}

export interface Answer {
  readonly hits: readonly Hit[];
  /** How many texts were reranked. */
  readonly candidates: number;
  readonly retrieveMs: number;
  readonly rerankMs: number;
}

export interface Hit extends SourceText {
  /** The reranker's score. */
  readonly score: number;
  /** The place that retrieval alone gave it, from 1. */
  readonly rankBefore: number;
}

export interface Models {
  readonly embedder: Embedder;
  readonly reranker: Reranker;
  readonly signal: AbortSignal;
}
