import type { EngineCall } from "../engine/pool.js";
import type { Head } from "../protocol.js";
import { ofQuery, type TextResult } from "../run/results.js";
import { refuseOverLimit, runAll, runTexts, type TextTask } from "../run/run-texts.js";
import type { Truncation } from "../run/truncation-report.js";
import type { Scorer } from "./scorer.js";

interface QueryHeads {
  readonly truncation: Truncation;
  readonly instruction: string;
  /** What the query runs with; the documents too, but for its heads. */
  readonly queryTask: TextTask;
  /** Returns the documents' heads, which carry the query's numbers. `tokens` is the query's length. */
  scoringHeads(query: Float32Array, tokens: number): readonly Head[];
}

/** Scores with an embedding model: the query runs first, then each document with heads that compare it with the query. */
export function scoreByQueryHeads({
  truncation,
  instruction,
  queryTask,
  scoringHeads,
}: QueryHeads): Pick<Scorer, "check" | "score"> {
  const { encoding } = queryTask;

  async function check(call: EngineCall, query: string, documents: readonly string[]): Promise<void> {
    await refuseOverLimit(call, [instruction + query], encoding, truncation, "query");
    await refuseOverLimit(call, documents, encoding, truncation, "document");
  }

  async function score(call: EngineCall, query: string, documents: readonly string[]): Promise<TextResult[]> {
    const { data, kept } = await runQuery(call, instruction + query, queryTask, truncation);
    const task = { ...queryTask, heads: scoringHeads(data, kept) };
    return runAll(call, documents, task, { truncation, inputType: "document" });
  }

  return { check, score };
}

/** Runs the query of a call, and reports it if it was truncated. */
export async function runQuery(call: EngineCall, query: string, task: TextTask, truncation: Truncation) {
  const results = await runTexts(call, [query], task);
  truncation.report(results, "query");
  return ofQuery(results[0]!);
}
