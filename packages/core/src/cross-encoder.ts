import type { LoadOptions } from "./api.js";
import type { Encoding, FrameSize } from "./engine/messages.js";
import type { EngineCall } from "./engine/pool.js";
import { documentRoom } from "./frames.js";
import { maxTokensOf, refuse } from "./options.js";
import type { Outcome } from "./outcomes.js";
import type { Scorer } from "./reranker.js";
import type { ModelSource, RerankerSpec } from "./spec.js";
import { countTexts, encodeTexts, runAll } from "./text-runs.js";
import { createTruncation } from "./truncation.js";

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

  async function score(call: EngineCall, query: string, documents: readonly string[]): Promise<Outcome[]> {
    const encoded = await encodeTexts(call, [beforeQuery + query], { form: "bare", maxTokens: queryTokens });
    const { ids } = encoded.rows;
    if (truncation.refuses) truncation.refuse(encoded.totals, "query", queryTokens);
    truncation.report([{ tokens: encoded.totals[0]!, kept: ids.length }], "query");
    const texts = beforeDocument === "" ? documents : documents.map((document) => beforeDocument + document);
    if (truncation.refuses) {
      // The count of a text alone includes its own frame.
      const counts = await countTexts(call, texts);
      truncation.refuse(
        counts.map((count) => count - frame.single),
        "document",
        documentRoom(frame, ids.length, maxTokens),
      );
    }
    const encoding: Encoding = { form: "pair", maxTokens, query: ids };
    return runAll(call, texts, { encoding, heads, batching: source.batching }, { truncation, inputType: "document" });
  }

  return {
    kind: "cross-encoder",
    scale: sigmoid ? "sigmoid" : "logit",
    maxTokens,
    score,
    toScore: ([logit]) => (sigmoid ? 1 / (1 + Math.exp(-logit!)) : logit!),
  };
}

export function logitOutput(spec: RerankerSpec): string {
  return spec.output ?? "logits";
}
