import type { LoadOptions } from "../api/options.js";
import { scoresByCandidates } from "./by-candidates.js";
import type { Head } from "../protocol.js";
import type { EngineCall } from "../engine/pool.js";
import { BgeError } from "../api/errors.js";
import { dimensionsOf, LEAST_TEXT_TOKENS, maxTokensOf, refuse } from "../model/options.js";
import { type Outcome, ofQuery } from "../run/results.js";
import { mainOutput } from "../run/outputs.js";
import { eachAlone, type Scorer } from "./scorer.js";
import type { EmbeddingSpec, ModelSource } from "../api/model.js";
import { encodeTexts, lengthsOverLimit, runAll, runTexts } from "../run/run-texts.js";
import { createTruncation } from "../run/truncation-report.js";

export function acceptLateInteraction(spec: EmbeddingSpec, options: LoadOptions): void {
  refuse(options, ["task", "examples", "outputs", "cutoffLayer", "weights"], `${spec.id} reranks by late interaction`);
  if (spec.lateInteraction !== true) {
    throw new BgeError(
      "MODEL_MISMATCH",
      `${spec.id} is an embedding model, not a reranker: load it with loadEmbedder. To rerank with its token vectors, which ` +
        "nobody has measured for this model, pass { id or directory, lateInteraction: true }.",
      { parameter: "model" },
    );
  }
  dimensionsOf(options, spec);
  maxTokensOf(options, spec, LEAST_TEXT_TOKENS);
}

/**
 * Reranking with an embedding model's token vectors: the mean over the query's tokens of the best cosine among the
 * document's tokens, [CLS] left out on both sides and [SEP] kept, as in bge-m3's multi-vectors. The query carries no
 * instruction unless one is asked for. Of a dozen forms this one measured best, within noise, on four English sets and a
 * Chinese one (nDCG@10; see the README).
 *
 * @param byCandidates weighs the query's tokens by how rare they are among the documents of the call (`scoresByCandidates`):
 * a better order, in which a score is comparable within its call alone
 */
export function createLateInteraction(
  spec: EmbeddingSpec,
  source: ModelSource,
  options: LoadOptions,
  byCandidates: boolean,
): Scorer {
  const dimensions = dimensionsOf(options, spec);
  const maxTokens = maxTokensOf(options, spec, LEAST_TEXT_TOKENS);
  const truncation = createTruncation(spec.id, maxTokens, options);
  const instruction = options.queryInstruction || "";
  const { batching } = source;
  const output = mainOutput(spec);
  const encoding = { form: "single", maxTokens } as const;

  async function check(call: EngineCall, query: string, documents: readonly string[]): Promise<void> {
    if (!truncation.refuses) return;
    truncation.refuse(await lengthsOverLimit(call, [instruction + query], encoding), "query");
    truncation.refuse(await lengthsOverLimit(call, documents, encoding), "document");
  }

  async function score(call: EngineCall, query: string, documents: readonly string[]): Promise<Outcome[]> {
    const asked = await runTexts(call, [instruction + query], {
      encoding,
      heads: [{ type: "tokens", output, dimensions, skip: 1 }],
      batching,
    });
    truncation.report(asked, "query");
    const [rows] = asked.map(ofQuery);
    const head = { output, dimensions, query: rows!.data };
    const heads: Head[] = byCandidates
      ? [{ ...head, type: "best-matches", queryIds: await idsOf(call, instruction + query) }]
      : [{ ...head, type: "max-sim" }];
    return runAll(call, documents, { encoding, heads, batching }, { truncation, inputType: "document" });
  }

  /** The ids of a text's tokens but [CLS]. */
  async function idsOf(call: EngineCall, text: string): Promise<Int32Array> {
    return (await encodeTexts(call, [text], encoding)).rows.ids.slice(1);
  }

  const toScores = byCandidates ? scoresByCandidates : eachAlone(([cosine]) => cosine!);
  return { kind: "late-interaction", scale: byCandidates ? "fused" : "cosine", maxTokens, check, score, toScores };
}
