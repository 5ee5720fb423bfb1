import type { EngineCall } from "../engine/pool.js";
import type { TextResult } from "../run/results.js";
import { runAll, type TextTask } from "../run/run-texts.js";
import { placesOf, reportingPart, type Truncation } from "../run/truncation-report.js";
import { inPace, stepsOf } from "./pace.js";
import type { ScoreOptions } from "./scorer.js";

/** Runs documents for a cross-encoder: all of them, or as many as the pace allows, with `undefined` for the others. */
export async function runInPace(
  call: EngineCall,
  documents: readonly string[],
  task: TextTask,
  truncation: Truncation,
  maxTokens: number,
  { positions, pace }: ScoreOptions,
): Promise<(TextResult | undefined)[]> {
  const run = (texts: readonly string[], places = positions) => {
    const told = places === undefined ? truncation : reportingPart(truncation, places);
    return runAll(call, texts, task, { truncation: told, inputType: "document" });
  };
  if (pace === undefined) return run(documents);
  return inPace(documents, pace, stepsOf(task.batching, maxTokens), (from, to) =>
    run(documents.slice(from, to), placesOf(from, to, positions)),
  );
}
