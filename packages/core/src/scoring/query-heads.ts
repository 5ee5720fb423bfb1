import type { EngineCall } from "../engine/pool.js";
import type { Head } from "../protocol.js";
import type { TokenSide } from "../rows/compress.js";
import { ofQuery } from "../run/results.js";
import { refuseOverLimit, runAll, runTexts, type TextTask } from "../run/run-texts.js";
import { placesOf, reportingPart, type Truncation } from "../run/truncation-report.js";
import { inPace, inTime, stepsOf } from "./pace.js";
import type { Scored, ScoreOptions, Scorer } from "./scorer.js";

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

  async function score(
    call: EngineCall,
    query: string,
    documents: readonly string[],
    { pace }: ScoreOptions = {},
  ): Promise<Scored[]> {
    const asking = runQuery(call, instruction + query, queryTask, truncation);
    const asked = await (pace === undefined ? asking : inTime(pace.budget, asking));
    if (asked === undefined) return documents.map(() => undefined);
    const task = { ...queryTask, heads: scoringHeads(asked.data, asked.kept) };
    if (pace === undefined) return runAll(call, documents, task, { truncation, inputType: "document" });
    const { batching } = queryTask;
    return inPace(documents, pace, stepsOf(batching, encoding.maxTokens), (from, to) => {
      const told = reportingPart(truncation, placesOf(from, to, undefined));
      return runAll(call, documents.slice(from, to), task, { truncation: told, inputType: "document" });
    });
  }

  return { check, score };
}

/** The heads of a query's side of late interaction: the rows and ids of its tokens, without [CLS]. */
export function sideHeads(output: string, dimensions: number): readonly Head[] {
  return [
    { type: "tokens", output, dimensions, skip: 1 },
    { type: "token-ids", output, skip: 1 },
  ];
}

/** Returns a query's side from what `sideHeads` gave. */
export function toSide([rows, ids]: readonly Float32Array[]): TokenSide {
  return { rows: rows!, ids: Int32Array.from(ids!) };
}

/** Runs the query of a call, and reports it if it was truncated. */
export async function runQuery(call: EngineCall, query: string, task: TextTask, truncation: Truncation) {
  const results = await runTexts(call, [query], task);
  truncation.report(results, "query");
  return ofQuery(results[0]!);
}
