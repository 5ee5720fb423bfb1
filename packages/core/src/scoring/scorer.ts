import type { Reranker } from "../api/reranker.js";
import type { EngineCall } from "../engine/pool.js";
import { allOrError, type Outcome } from "../run/results.js";

/** What distinguishes one kind of reranker from another. */
export interface Scorer {
  readonly kind: Reranker["kind"];
  readonly scale: Reranker["scale"];
  readonly maxTokens: number;
  /** Rejects inputs that are too long, if they are to be rejected; nothing runs. */
  check(call: EngineCall, query: string, documents: readonly string[]): Promise<void>;
  /** One outcome a document, in order. `places`: theirs in the caller's list, for what is reported. @default their order */
  score(call: EngineCall, query: string, documents: readonly string[], places?: readonly number[]): Promise<Outcome[]>;
  /** From the model's numbers for the documents of a call to their scores. */
  toScores(numbers: readonly Float32Array[]): number[];
}

/** Scores that do not depend on one another. */
export function eachAlone(toScore: (numbers: Float32Array) => number): Scorer["toScores"] {
  return (numbers) => numbers.map(toScore);
}

/** One score a document; or one error that names each that failed and carries the scores of the rest. */
export function scoresOf(scorer: Scorer, outcomes: readonly Outcome[]): number[] {
  const finished = outcomes.flatMap((outcome) => (outcome.error ? [] : [outcome.data]));
  const scores = scorer.toScores(finished).values();
  return allOrError(outcomes, () => scores.next().value!);
}
