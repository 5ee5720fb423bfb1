import { BgeError } from "../api/errors.js";
import type { EmbeddingSpec } from "../api/model.js";
import type { RerankerOptions } from "../api/options.js";
import { LEAST_TEXT_TOKENS, maxTokensOf, refuse, tokenDimensionsOf } from "../model/options.js";
import { type Head, splitRow } from "../protocol.js";
import { mainOutput } from "../run/outputs.js";
import { createTruncation } from "../run/truncation-report.js";
import { scoreByQueryHeads } from "./query-heads.js";
import { eachAlone, type Scorer, type ScorerPlan } from "./scorer.js";

/**
 * Plans reranking with an embedding model's token vectors: the mean, over the query's tokens, of the best cosine among
 * the document's tokens. As in bge-m3's multi-vectors, [CLS] is left out on both sides and [SEP] is kept. The query
 * carries no instruction unless one is passed. Of a dozen variants, this one measured best, within noise, on four
 * English sets and a Chinese one (nDCG@10; see docs/quality.md).
 *
 * @param byCandidates weights the query's tokens by how rare they are among the call's documents
 * (`scoresByCandidates`): a better order, but with scores comparable only within one call
 */
export function planLateInteraction(spec: EmbeddingSpec, options: RerankerOptions, byCandidates: boolean): ScorerPlan {
  refuse(options, ["cutoffLayer", "weights"], `${spec.id} reranks with late interaction`);
  if (spec.lateInteraction !== true) {
    throw new BgeError(
      "MODEL_MISMATCH",
      `${spec.id} is an embedding model, not a reranker: load it with loadEmbedder. To rerank with its token vectors, which ` +
        "has not been evaluated for this model, pass { id or directory, lateInteraction: true }.",
      { parameter: "model" },
    );
  }
  const dimensions = tokenDimensionsOf(options, spec);
  const maxTokens = maxTokensOf(options, spec, LEAST_TEXT_TOKENS);
  const instruction = options.queryInstruction || "";
  const output = mainOutput(spec);
  const encoding = { form: "single", maxTokens } as const;
  const queryHeads: Head[] = [
    { type: "tokens", output, dimensions, skip: 1 },
    { type: "token-ids", output, skip: 1 },
  ];

  /** Returns the documents' head, which carries the query's rows and their token ids. */
  function scoringHeads(data: Float32Array, tokens: number): Head[] {
    const [query, ids] = splitRow(data, queryHeads, tokens);
    const head = { output, dimensions, query: query! };
    return [
      byCandidates ? { ...head, type: "best-matches", queryIds: Int32Array.from(ids!) } : { ...head, type: "max-sim" },
    ];
  }

  function create({ source: { batching } }: Parameters<ScorerPlan["create"]>[0]): Scorer {
    const truncation = createTruncation(spec.id, maxTokens, options);

    return {
      kind: "late-interaction",
      scale: byCandidates ? "fused" : "cosine",
      maxTokens,
      ...scoreByQueryHeads({
        truncation,
        instruction,
        queryTask: { encoding, batching, heads: queryHeads },
        scoringHeads,
      }),
      toScores: byCandidates ? scoresByCandidates : eachAlone(([cosine]) => cosine!),
    };
  }

  return { maxTokens, needs: ["hidden"], create };
}

/** A document's best window, and its score. */
export interface BestWindow {
  readonly score: number;
  readonly window: number;
}

/**
 * Scores several documents against one query by late interaction: the mean of the query tokens' best cosines, weighted
 * more the fewer of these documents contain the token. So a document's score depends on the others.
 *
 * @param documents the output of `bestMatches` for each
 */
export function scoresByCandidates(documents: readonly Float32Array[]): number[] {
  return bestByCandidates(documents.map((numbers) => [numbers])).map(({ score }) => score);
}

/** The same with documents of several windows, of which the best counts. */
export function bestByCandidates(documents: readonly (readonly Float32Array[])[]): BestWindow[] {
  if (documents.length === 0) return [];
  return bestBy(documents, weightsOf(documents));
}

/** The mean of the query tokens' best cosines, by the best window of each document. */
export function bestByCosine(documents: readonly (readonly Float32Array[])[]): BestWindow[] {
  if (documents.length === 0) return [];
  return bestBy(
    documents,
    Array.from({ length: documents[0]![0]!.length / 2 }, () => 1),
  );
}

function bestBy(documents: readonly (readonly Float32Array[])[], weights: readonly number[]): BestWindow[] {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return documents.map((windows) => {
    let best: BestWindow | undefined;
    for (const [window, numbers] of windows.entries()) {
      const score = weights.reduce((total, weight, i) => total + weight * numbers[i]!, 0) / sum;
      if (best === undefined || score > best.score) best = { score, window };
    }
    return best!;
  });
}

/** Returns a weight for each row of the query. */
function weightsOf(documents: readonly (readonly Float32Array[])[]): number[] {
  const count = documents[0]![0]!.length / 2;
  const has = (row: number) =>
    documents.map((windows) => windows.reduce((most, numbers) => Math.max(most, numbers[count + row]!), -1));
  const rows = Array.from({ length: count }, (_, row) => (has(row)[0] === -1 ? undefined : rarity(has(row))));
  const tokens = rows.filter((weight) => weight !== undefined);
  // [SEP] stands for the query as a whole.
  const special = tokens.length === 0 ? 1 : tokens.reduce((sum, weight) => sum + weight, 0) / tokens.length / 2;
  return rows.map((weight) => weight ?? special);
}

/**
 * Returns how rare a token is among the documents. One found in none of them counts half, because it tells less than
 * its rarity suggests.
 */
function rarity(has: readonly number[]): number {
  const found = has.reduce((sum, one) => sum + one, 0);
  const weight = Math.log((has.length + 1) / (found + 0.5)) + 1;
  return found === 0 ? weight / 2 : weight;
}
