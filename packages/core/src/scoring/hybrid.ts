import type { EmbeddingSpec } from "../api/model.js";
import type { HybridWeights, RerankerOptions } from "../api/options.js";
import { dimensionsOf, LEAST_TEXT_TOKENS, maxTokensOf, refuse } from "../model/options.js";
import { type Head, splitRow } from "../protocol.js";
import { headsOf, mainOutput } from "../run/outputs.js";
import { createTruncation } from "../run/truncation-report.js";
import { scoreByQueryHeads } from "./query-heads.js";
import { eachAlone, type Scorer, type ScorerPlan } from "./scorer.js";

const EVEN: HybridWeights = { dense: 1, sparse: 1, multiVector: 1 };
const OUTPUTS = ["dense", "sparse", "multiVector"] as const;

/**
 * Plans bge-m3 as a reranker: the weighted mean of its dense, lexical and multi-vector scores, with each text run once.
 * Matches the reference's `compute_score` for a single pair (in its batches, padding takes part in the maximum).
 */
export function planHybrid(spec: EmbeddingSpec, options: RerankerOptions): ScorerPlan {
  refuse(options, ["cutoffLayer", "keep"], `${spec.id} reranks with three scores from one pass`);
  const { weights = EVEN } = options;
  const instruction = options.queryInstruction || "";
  const dimensions = dimensionsOf(options, spec);
  const maxTokens = maxTokensOf(options, spec, LEAST_TEXT_TOKENS);
  const encoding = { form: "single", maxTokens } as const;
  /** Outputs with a weight above 0, in the order in which they are run. */
  const outputs = OUTPUTS.filter((output) => weights[output] > 0);
  const queryHeads = headsOf(spec, outputs, dimensions);
  const sum = outputs.reduce((total, output) => total + weights[output], 0);

  /** Returns the documents' heads, each of which carries the query's numbers. */
  function scoringHeads(data: Float32Array, tokens: number): Head[] {
    const parts = splitRow(data, queryHeads, tokens);
    return outputs.map((output, i): Head => {
      const query = parts[i]!;
      if (output === "sparse") return { type: "lexical", output: spec.sparseOutput!, query };
      if (output === "multiVector") return { type: "max-sim", output: spec.multiVectorOutput!, dimensions, query };
      return { type: "dot", output: mainOutput(spec), pooling: spec.pooling, dimensions, query };
    });
  }

  function create({ source: { batching } }: Parameters<ScorerPlan["create"]>[0]): Scorer {
    const truncation = createTruncation(spec.id, maxTokens, options);

    return {
      kind: "hybrid",
      stage: "hybrid",
      scale: "hybrid",
      maxTokens,
      ...scoreByQueryHeads({
        truncation,
        instruction,
        queryTask: { encoding, batching, heads: queryHeads },
        scoringHeads,
      }),
      toScores: eachAlone(
        (scores) => outputs.reduce((total, output, i) => total + weights[output] * scores[i]!, 0) / sum,
      ),
    };
  }

  return { maxTokens, needs: outputs, create };
}
