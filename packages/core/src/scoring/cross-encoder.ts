import type { RerankerSpec } from "../api/model.js";
import type { RerankerOptions } from "../api/options.js";
import type { EngineCall } from "../engine/pool.js";
import { maxTokensOf, refuse } from "../model/options.js";
import type { Encoding } from "../protocol.js";
import { countTexts, encodeTexts } from "../run/encode-texts.js";
import { createTruncation } from "../run/truncation-report.js";
import { documentRoom } from "../text/special-tokens.js";
import { inTime } from "./pace.js";
import { runInPace } from "./run-in-pace.js";
import { eachAlone, type Scored, type ScoreOptions, type Scorer, type ScorerPlan } from "./scorer.js";

/** With fewer, the 3/4 rule leaves no room for a document next to four special tokens. */
const LEAST_TOKENS = 20;

/**
 * Plans a cross-encoder: query and document run through the model together and yield one logit. Truncates as
 * FlagReranker and FlagLLMReranker do: the query to 3/4 of the limit, then only the document (`only_second`).
 */
export function planCrossEncoder(spec: RerankerSpec, options: RerankerOptions): ScorerPlan {
  refuse(
    options,
    ["dimensions", "queryInstruction", "weights"],
    `${spec.id} is a cross-encoder, which has neither vectors nor an instruction`,
  );
  refuse(options, ["keep"], `${spec.id} is a cross-encoder, which reads each document with the query`);
  if (spec.layers === undefined) refuse(options, ["cutoffLayer"], `${spec.id} has no layers to stop after`);
  const maxTokens = maxTokensOf(options, spec, LEAST_TOKENS);
  const queryTokens = Math.floor((maxTokens * 3) / 4);
  const sigmoid = options.scale === "sigmoid";
  const heads = [{ type: "logit", output: logitOutput(spec) }] as const;
  const { query: beforeQuery, document: beforeDocument } = spec.prompt ?? { query: "", document: "" };

  const encodeQuery = (call: EngineCall, query: string) =>
    encodeTexts(call, [beforeQuery + query], { form: "bare", maxTokens: queryTokens });
  const written = (documents: readonly string[]) =>
    beforeDocument === "" ? documents : documents.map((document) => beforeDocument + document);

  function create({ source, frame }: Parameters<ScorerPlan["create"]>[0]): Scorer {
    const truncation = createTruncation(spec.id, maxTokens, options);

    async function check(call: EngineCall, query: string, documents: readonly string[]): Promise<void> {
      if (!truncation.refuses) return;
      const { rows, totals } = await encodeQuery(call, query);
      truncation.refuse(totals, "query", queryTokens);
      // The count of a single text includes its special tokens.
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
      how: ScoreOptions = {},
    ): Promise<Scored[]> {
      const asking = encodeQuery(call, query);
      const asked = await (how.pace === undefined ? asking : inTime(how.pace.budget, asking));
      if (asked === undefined) return documents.map(() => undefined);
      const { rows, totals } = asked;
      truncation.report([{ tokens: totals[0]!, kept: rows.ids.length }], "query");
      const encoding: Encoding = { form: "pair", maxTokens, query: rows.ids };
      const task = { encoding, heads, batching: source.batching };
      return runInPace(call, written(documents), task, truncation, maxTokens, how);
    }

    return {
      kind: "cross-encoder",
      stage: "crossEncoder",
      scale: sigmoid ? "sigmoid" : "logit",
      maxTokens,
      check,
      score,
      toScores: eachAlone(([logit]) => (sigmoid ? 1 / (1 + Math.exp(-logit!)) : logit!)),
    };
  }

  return { maxTokens, needs: [], create };
}

export function logitOutput(spec: RerankerSpec): string {
  return spec.output ?? "logits";
}
