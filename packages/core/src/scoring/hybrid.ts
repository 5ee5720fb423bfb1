import type { HybridWeights, LoadOptions } from "../api/options.js";
import type { Head } from "../protocol.js";
import type { EngineCall } from "../engine/pool.js";
import { splitRow } from "../protocol.js";
import { dimensionsOf, LEAST_TEXT_TOKENS, maxTokensOf, refuse } from "../model/options.js";
import { type Outcome, ofQuery } from "../run/results.js";
import { headsOf, mainOutput } from "../run/outputs.js";
import { eachAlone, type Scorer } from "./scorer.js";
import type { EmbeddingSpec, ModelSource } from "../api/model.js";
import { lengthsOverLimit, runAll, runTexts } from "../run/run-texts.js";
import { createTruncation } from "../run/truncation-report.js";

const EVEN: HybridWeights = { dense: 1, sparse: 1, multiVector: 1 };
const OUTPUTS = ["dense", "sparse", "multiVector"] as const;

export function acceptHybrid(spec: EmbeddingSpec, options: LoadOptions): void {
  refuse(options, ["task", "examples", "outputs", "cutoffLayer"], `${spec.id} reranks by three scores of one pass`);
  dimensionsOf(options, spec);
  maxTokensOf(options, spec, LEAST_TEXT_TOKENS);
}

/** The outputs that count under these weights, in the order in which they are run. */
export function weightedOutputs({ weights = EVEN }: LoadOptions) {
  return OUTPUTS.filter((output) => weights[output] > 0);
}

/**
 * bge-m3 as a reranker: the weighted mean of the dense, the lexical and the multi-vector score, each text through the model
 * once. As the reference's `compute_score` for one pair at a time (in its batches, padding takes part in the maximum).
 */
export function createHybrid(spec: EmbeddingSpec, source: ModelSource, options: LoadOptions): Scorer {
  const { weights = EVEN } = options;
  const instruction = options.queryInstruction || "";
  const dimensions = dimensionsOf(options, spec);
  const maxTokens = maxTokensOf(options, spec, LEAST_TEXT_TOKENS);
  const truncation = createTruncation(spec.id, maxTokens, options);
  const outputs = weightedOutputs(options);
  const common = { encoding: { form: "single", maxTokens }, batching: source.batching } as const;
  const queryHeads = headsOf(spec, outputs, dimensions);
  const sum = outputs.reduce((total, output) => total + weights[output], 0);

  /** The documents' heads: each takes the query's numbers with it. */
  function scoringHeads(data: Float32Array, tokens: number): Head[] {
    const parts = splitRow(data, queryHeads, tokens);
    return outputs.map((output, i): Head => {
      const query = parts[i]!;
      if (output === "sparse") return { type: "lexical", output: spec.sparseOutput!, query };
      if (output === "multiVector") return { type: "max-sim", output: spec.multiVectorOutput!, dimensions, query };
      return { type: "dot", output: mainOutput(spec), pooling: spec.pooling, dimensions, query };
    });
  }

  async function check(call: EngineCall, query: string, documents: readonly string[]): Promise<void> {
    if (!truncation.refuses) return;
    truncation.refuse(await lengthsOverLimit(call, [instruction + query], common.encoding), "query");
    truncation.refuse(await lengthsOverLimit(call, documents, common.encoding), "document");
  }

  async function score(call: EngineCall, query: string, documents: readonly string[]): Promise<Outcome[]> {
    const outcomes = await runTexts(call, [instruction + query], { ...common, heads: queryHeads });
    truncation.report(outcomes, "query");
    const [found] = outcomes.map(ofQuery);
    const heads = scoringHeads(found!.data, found!.kept);
    return runAll(call, documents, { ...common, heads }, { truncation, inputType: "document" });
  }

  return {
    kind: "hybrid",
    scale: "hybrid",
    maxTokens,
    check,
    score,
    toScores: eachAlone(
      (scores) => outputs.reduce((total, output, i) => total + weights[output] * scores[i]!, 0) / sum,
    ),
  };
}
