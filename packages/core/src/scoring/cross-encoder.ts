import type { LoadOptions } from "../api/options.js";
import type { Encoding, FrameSize } from "../protocol.js";
import type { EngineCall } from "../engine/pool.js";
import { documentRoom } from "../text/special-tokens.js";
import { maxTokensOf, refuse } from "../model/options.js";
import type { Outcome } from "../run/results.js";
import { eachAlone, type Scorer } from "./scorer.js";
import type { ModelSource, RerankerSpec } from "../api/model.js";
import { countTexts, encodeTexts, runAll } from "../run/run-texts.js";
import { createTruncation, reportingPart } from "../run/truncation-report.js";

/** With fewer, the 3/4 rule leaves a document no room beside four special tokens. */
const LEAST_TOKENS = 20;

export function acceptCrossEncoder(spec: RerankerSpec, options: LoadOptions): void {
  refuse(
    options,
    ["dimensions", "queryInstruction", "task", "examples", "outputs", "weights"],
    `${spec.id} is a cross-encoder, which has no vectors and no instruction`,
  );
  if (spec.layers === undefined) refuse(options, ["cutoffLayer"], `${spec.id} has no layers to stop after`);
  maxTokensOf(options, spec, LEAST_TOKENS);
}

/**
 * Query and document through the model together, one logit out. Cut as FlagReranker and FlagLLMReranker do: the query to 3/4
 * of the limit, then the document alone (`only_second`).
 */
export function createCrossEncoder(
  spec: RerankerSpec,
  source: ModelSource,
  frame: FrameSize,
  options: LoadOptions,
): Scorer {
  const maxTokens = maxTokensOf(options, spec, LEAST_TOKENS);
  const queryTokens = Math.floor((maxTokens * 3) / 4);
  const truncation = createTruncation(spec.id, maxTokens, options);
  const sigmoid = options.scale === "sigmoid";
  const heads = [{ type: "logit", output: logitOutput(spec) }] as const;
  const { query: beforeQuery, document: beforeDocument } = spec.prompt ?? { query: "", document: "" };

  const encodeQuery = (call: EngineCall, query: string) =>
    encodeTexts(call, [beforeQuery + query], { form: "bare", maxTokens: queryTokens });
  const written = (documents: readonly string[]) =>
    beforeDocument === "" ? documents : documents.map((document) => beforeDocument + document);

  async function check(call: EngineCall, query: string, documents: readonly string[]): Promise<void> {
    if (!truncation.refuses) return;
    const { rows, totals } = await encodeQuery(call, query);
    truncation.refuse(totals, "query", queryTokens);
    // The count of a text alone includes its own frame.
    const counts = await countTexts(call, written(documents));
    truncation.refuse(
      counts.map((count) => count - frame.single),
      "document",
      documentRoom(frame, rows.ids.length, maxTokens),
    );
  }

  async function score(
    call: EngineCall,
    query: string,
    documents: readonly string[],
    places?: readonly number[],
  ): Promise<Outcome[]> {
    const { rows, totals } = await encodeQuery(call, query);
    truncation.report([{ tokens: totals[0]!, kept: rows.ids.length }], "query");
    const encoding: Encoding = { form: "pair", maxTokens, query: rows.ids };
    const told = places === undefined ? truncation : reportingPart(truncation, places);
    const task = { encoding, heads, batching: source.batching };
    return runAll(call, written(documents), task, { truncation: told, inputType: "document" });
  }

  return {
    kind: "cross-encoder",
    scale: sigmoid ? "sigmoid" : "logit",
    maxTokens,
    check,
    score,
    toScores: eachAlone(([logit]) => (sigmoid ? 1 / (1 + Math.exp(-logit!)) : logit!)),
  };
}

export function logitOutput(spec: RerankerSpec): string {
  return spec.output ?? "logits";
}
