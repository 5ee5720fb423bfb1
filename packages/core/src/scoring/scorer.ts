import type { OpenSource, ServedSource } from "../api/model.js";
import type { Reranker, SkippedRerankStage } from "../api/reranker.js";
import type { EngineCall } from "../engine/pool.js";
import type { FrameSize } from "../protocol.js";
import type { NeededOutput } from "../run/outputs.js";
import { refuseFailed, type TextResult } from "../run/results.js";
import type { Pace } from "./pace.js";

/** A document's result, if it was read. */
export type Scored = TextResult | undefined;

export interface ScoreOptions {
  /** The documents' positions in the caller's list, for reports. @default their order */
  readonly positions?: readonly number[] | undefined;
  /** @default all the time in the world */
  readonly pace?: Pace | undefined;
  /** Of how many of the best documents late interaction points at a passage: `bestPassages`. @default none: at the best window */
  readonly narrow?: number;
}

/** The implementation of one kind of reranker. */
export interface Scorer {
  readonly kind: Reranker["kind"];
  readonly scale: Reranker["scale"];
  readonly maxTokens: number;
  /** Rejects inputs that are too long if truncation is an error. Runs nothing. */
  check(call: EngineCall, query: string, documents: readonly string[]): Promise<void>;
  /** Its name among a cascade's stages. */
  readonly stage: SkippedRerankStage["stage"];
  /**
   * Returns one result per document, in order; with a pace, `undefined` for those not read in time.
   */
  score(call: EngineCall, query: string, documents: readonly string[], how?: ScoreOptions): Promise<Scored[]>;
  /** Converts the model's numbers for a call's documents to scores. */
  toScores(numbers: readonly Float32Array[]): number[];
}

/** One kind of reranker for one model, its options checked and resolved. Only the model is still to be opened. */
export interface ScorerPlan {
  readonly maxTokens: number;
  /** The outputs that an embedding model's graph must have. */
  readonly needs: readonly NeededOutput[];
  create(opened: { readonly source: OpenSource | ServedSource; readonly frame: FrameSize }): Scorer;
}

/** Scores each document independently. */
export function eachAlone(toScore: (numbers: Float32Array) => number): Scorer["toScores"] {
  return (numbers) => numbers.map(toScore);
}

/**
 * Returns one score per document, `undefined` for one that was not read. If any failed, throws one error that names each of
 * them and carries the other scores.
 */
export function scoresOf(scorer: Scorer, results: readonly Scored[]): (number | undefined)[] {
  const finished = results.flatMap((result) => (result === undefined || result.error ? [] : [result.data]));
  const scores = scorer.toScores(finished).values();
  const values = results.map((result) => (result === undefined || result.error ? undefined : scores.next().value!));
  refuseFailed(results, undefined, values);
  return values;
}
