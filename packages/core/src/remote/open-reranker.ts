import { BgeError, invalid } from "../api/errors.js";
import type { RerankerOptions } from "../api/options.js";
import type { RemoteModel } from "../api/remote.js";
import type { Scale } from "../api/reranker.js";
import type { OpenScorer } from "../load/open-scorer.js";
import { refuse } from "../model/options.js";
import { createTruncation } from "../run/truncation-report.js";
import { runInPace } from "../scoring/run-in-pace.js";
import { eachAlone, type Scorer } from "../scoring/scorer.js";
import type { Dialect } from "./dialect.js";
import { openServed } from "./open.js";
import { probeScore } from "./probe.js";
import type { RemoteReference } from "./reference.js";
import { LOGITS, unsupported } from "./requests.js";
import { servedReranker } from "./spec.js";

/** Opens a cross-encoder behind a server, which reads query and document itself. */
export async function openRemoteReranker(model: RemoteModel, options: RerankerOptions): Promise<OpenScorer> {
  refuse(options, ["dimensions", "queryInstruction"], "a cross-encoder has neither vectors nor an instruction");
  if (options.scale === "fused") throw invalid("scale", 'cannot be "fused" of a model behind a server');
  const { scale } = options;
  const { plan, ...opened } = await openServed(model, options, {
    kind: "reranker",
    logits: scale !== "sigmoid",
    probe: (client, dialect, address, _reference, signal) => {
      if (dialect.rank === undefined) throw unsupported(dialect, "reranking");
      return probeScore(client, dialect, address, scale !== "sigmoid", signal);
    },
    specOf: servedReranker,
    planFor: (_spec, reference, dialect) => scalesOf(scale, reference, dialect),
  });
  return { ...opened, scorer: scorerOf(opened.spec.id, opened.spec.maxTokens, plan, options) };
}

interface Scales {
  /** What the server is asked for, where it gives either. */
  readonly asked: "logit" | "sigmoid";
  readonly given: "logit" | "sigmoid";
  readonly scale: Extract<Scale, "logit" | "sigmoid">;
}

/** By default the scores are as on this machine, logits, unless the server gives none. */
function scalesOf(scale: "logit" | "sigmoid" | undefined, { scores }: RemoteReference, { rank, api }: Dialect): Scales {
  const wanted = scale ?? "logit";
  if (rank!.scores === "as-asked") return { asked: wanted, given: wanted, scale: wanted };
  const given = rank!.scores === "logit" ? "logit" : (scores ?? "sigmoid");
  if (scale === "logit" && given === "sigmoid") {
    throw invalid(
      "scale",
      `cannot be "logit": a server of api "${api}" gives scores from 0 to 1 (scores: "logit" if yours does not)`,
    );
  }
  return { asked: "logit", given, scale: scale ?? given };
}

function scorerOf(id: string, maxTokens: number, { asked, given, scale }: Scales, options: RerankerOptions): Scorer {
  const truncation = createTruncation(id, maxTokens, options);
  return {
    kind: "cross-encoder",
    stage: "crossEncoder",
    scale,
    maxTokens,
    // Only the server can tell which pairs are too long, and it refuses these.
    check: async () => {},
    score(call, query, documents, how = {}) {
      const heads = [{ type: "logit", output: asked === "logit" ? LOGITS : "scores", query }] as const;
      const task = { encoding: { form: "single", maxTokens }, heads, batching: "alone" } as const;
      return runInPace(call, documents, task, truncation, maxTokens, how);
    },
    toScores: eachAlone(([score]) => {
      if (given === "sigmoid" && (score! < 0 || score! > 1)) throw outOfRange(score!);
      return given === "logit" && scale === "sigmoid" ? 1 / (1 + Math.exp(-score!)) : score!;
    }),
  };
}

function outOfRange(score: number): BgeError {
  return new BgeError(
    "SERVER_FAILED",
    `The server's score ${score} is not from 0 to 1. If it gives logits, as llama.cpp does, say so: scores: "logit".`,
    { parameter: "scores" },
  );
}
