import type { ModelSource } from "../api/model.js";
import type { Reranker } from "../api/reranker.js";
import type { EngineCall } from "../engine/pool.js";
import type { FrameSize } from "../protocol.js";
import type { NeededOutput } from "../run/outputs.js";
import { allOrError, type TextResult } from "../run/results.js";

/** The implementation of one kind of reranker. */
export interface Scorer {
  readonly kind: Reranker["kind"];
  readonly scale: Reranker["scale"];
  readonly maxTokens: number;
  /** Rejects inputs that are too long if truncation is an error. Runs nothing. */
  check(call: EngineCall, query: string, documents: readonly string[]): Promise<void>;
  /**
   * Returns one result per document, in order. `positions` are theirs in the caller's list, for reports. @default their
   * order
   */
  score(
    call: EngineCall,
    query: string,
    documents: readonly string[],
    positions?: readonly number[],
  ): Promise<TextResult[]>;
  /** Converts the model's numbers for a call's documents to scores. */
  toScores(numbers: readonly Float32Array[]): number[];
}

/** One kind of reranker for one model, its options checked and resolved. Only the model is still to be opened. */
export interface ScorerPlan {
  readonly maxTokens: number;
  /** The outputs that an embedding model's graph must have. */
  readonly needs: readonly NeededOutput[];
  create(opened: { readonly source: Pick<ModelSource, "batching">; readonly frame: FrameSize }): Scorer;
}

/** Scores each document independently. */
export function eachAlone(toScore: (numbers: Float32Array) => number): Scorer["toScores"] {
  return (numbers) => numbers.map(toScore);
}

/**
 * Returns one score per document. If any failed, throws one error that names each of them and carries the other scores.
 */
export function scoresOf(scorer: Scorer, results: readonly TextResult[]): number[] {
  const finished = results.flatMap((result) => (result.error ? [] : [result.data]));
  const scores = scorer.toScores(finished).values();
  return allOrError(results, () => scores.next().value!);
}
