import type { ModelSource } from "../api/model.js";
import type { Reranker } from "../api/reranker.js";
import type { EngineCall } from "../engine/pool.js";
import type { FrameSize } from "../protocol.js";
import type { NeededOutput } from "../run/outputs.js";
import { allOrError, type TextResult } from "../run/results.js";
import { lengthsOverLimit, type TextTask } from "../run/run-texts.js";
import type { Truncation } from "../run/truncation-report.js";

/** What distinguishes one kind of reranker from another. */
export interface Scorer {
  readonly kind: Reranker["kind"];
  readonly scale: Reranker["scale"];
  readonly maxTokens: number;
  /** Rejects inputs that are too long, if they are to be rejected; nothing runs. */
  check(call: EngineCall, query: string, documents: readonly string[]): Promise<void>;
  /** One result a document, in order. `positions`: theirs in the caller's list, for what is reported. @default their order */
  score(
    call: EngineCall,
    query: string,
    documents: readonly string[],
    positions?: readonly number[],
  ): Promise<TextResult[]>;
  /** From the model's numbers for the documents of a call to their scores. */
  toScores(numbers: readonly Float32Array[]): number[];
}

/** One kind of reranker for one model, its options checked and resolved; what is left is to open the model. */
export interface ScorerPlan {
  readonly maxTokens: number;
  /** What an embedding model's graph must give. */
  readonly needs: readonly NeededOutput[];
  create(opened: { readonly source: ModelSource; readonly frame: FrameSize }): Scorer;
}

/** Scores that do not depend on one another. */
export function eachAlone(toScore: (numbers: Float32Array) => number): Scorer["toScores"] {
  return (numbers) => numbers.map(toScore);
}

/** One score a document; or one error that names each that failed and carries the scores of the rest. */
export function scoresOf(scorer: Scorer, results: readonly TextResult[]): number[] {
  const finished = results.flatMap((result) => (result.error ? [] : [result.data]));
  const scores = scorer.toScores(finished).values();
  return allOrError(results, () => scores.next().value!);
}

/** Refuses a query or documents that are too long, where they are to be refused, of a scorer that reads each text alone. */
export async function checkLengths(
  call: EngineCall,
  truncation: Truncation,
  encoding: TextTask["encoding"],
  query: string,
  documents: readonly string[],
): Promise<void> {
  if (!truncation.refuses) return;
  truncation.refuse(await lengthsOverLimit(call, [query], encoding), "query");
  truncation.refuse(await lengthsOverLimit(call, documents, encoding), "document");
}
