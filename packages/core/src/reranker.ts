import { listener } from "./api/callbacks.js";
import { invalid } from "./api/errors.js";
import type { ModelReference } from "./api/model.js";
import type { CallOptions, RerankerOptions } from "./api/options.js";
import type { RemoteModel } from "./api/remote.js";
import type { RankedDocument, Reranker, RerankOptions } from "./api/reranker.js";
import { checkOptions } from "./checks.js";
import type { Fused } from "./load/open-fused.js";
import {
  type OpenScorer,
  openScorer,
  type Pacing,
  type ScoredInTime,
  scoreAll,
  scoreInTime,
} from "./load/open-scorer.js";
import { RERANKER_OPTIONS } from "./model/options.js";
import { orElse } from "./model/resolve.js";
import { DEFAULT_EMBEDDER, DEFAULT_RERANKER } from "./model/table.js";
import { checkedBy, isRemote } from "./remote/reference.js";
import type { CallFacts } from "./run/call.js";
import { CALL_OPTIONS } from "./run/call-options.js";
import { createCosts, startBudget } from "./scoring/budget.js";
import { rank, rankInTime } from "./scoring/ranking.js";
import { checkText, checkTexts } from "./text/input.js";

/** How an open reranker scores documents, and how it is disposed. */
interface Scoring {
  readonly kind: Reranker["kind"];
  readonly scale: Reranker["scale"];
  /** The model whose facts the reranker reports. */
  readonly shown: OpenScorer;
  /** Of a fused reranker, the models that it combines. */
  readonly fused?: Fused;
  score(query: string, documents: readonly string[], facts: CallOptions & CallFacts): Promise<number[]>;
  scoreInTime(
    query: string,
    documents: readonly string[],
    facts: CallOptions & CallFacts,
    pacing: Pacing,
  ): Promise<ScoredInTime>;
  dispose(): Promise<void>;
}

/**
 * Loads a reranker. Depending on the model, it is a cross-encoder, late interaction over an embedding model measured for it, or
 * bge-m3's three scores combined. `scale: "fused"` combines the first two.
 *
 * @param model a Hugging Face id, a folder, `{ id?, directory?, ...facts }`, or `{ url, api, ... }` for a server; `{ id, lateInteraction: true }` reranks with the
 * token vectors of any other embedding model. @default bge-js/reranker-small-en, fused with late interaction unless `scale` is
 * given: the best ranking of the packaged models, with scores that are comparable only within one call
 * @example
 * await using reranker = await loadReranker();
 * const documents = ["Paris is in France.", "The giant panda is a bear."];
 * const [best] = await reranker.rerank("What is a panda?", documents, { topN: 1 }); // { index: 1, score: ... }
 * @throws BgeError with the codes of `loadEmbedder`
 */
export async function loadReranker(
  model?: string | URL | ModelReference | RemoteModel,
  options: RerankerOptions = {},
): Promise<Reranker> {
  const checked = checkOptions(options, RERANKER_OPTIONS, "loadReranker");
  const { scale = model === undefined ? "fused" : undefined } = checked;
  const chosen = model ?? DEFAULT_RERANKER;
  if (isRemote(chosen)) return compared(chosen, checked, createReranker(await scoring(chosen, checked)));
  const open = scale === "fused" ? fusedScoring(chosen, checked) : scoring(chosen, checked);
  return createReranker(await (model === undefined ? open.catch(orElse(`loadReranker("${DEFAULT_EMBEDDER}")`)) : open));
}

/** Loads a reranker whose scores are compared only within one search: late interaction weights query tokens by the candidates. */
export async function loadRerankingStage(
  model: string | URL | ModelReference | RemoteModel,
  options: RerankerOptions,
): Promise<Reranker> {
  return createReranker(await scoring(model, checkOptions(options, RERANKER_OPTIONS, "loadReranker"), true));
}

async function scoring(
  model: string | URL | ModelReference | RemoteModel,
  options: RerankerOptions,
  byCandidates = false,
): Promise<Scoring> {
  return scoringBy(isRemote(model) ? await openRemote(model, options) : await openScorer(model, options, byCandidates));
}

function scoringBy(opened: OpenScorer): Scoring {
  const { kind, scale } = opened.scorer;
  return {
    kind,
    scale,
    shown: opened,
    score: (query, documents, facts) => scoreAll(opened, query, documents, facts),
    scoreInTime: (query, documents, facts, pacing) => scoreInTime(opened, query, documents, facts, pacing),
    dispose: () => opened.engine.dispose(),
  };
}

/** Imported late: a model on this machine needs no HTTP code. */
async function openRemote(model: RemoteModel, options: RerankerOptions): Promise<OpenScorer> {
  const { openRemoteReranker } = await import("./remote/open-reranker.js");
  return openRemoteReranker(model, options);
}

async function compared(
  { compareWith }: RemoteModel,
  { signal }: RerankerOptions,
  reranker: Reranker,
): Promise<Reranker> {
  if (compareWith === undefined) return reranker;
  const { compareRerankers } = await import("./remote/compare.js");
  const loadLocal = () => loadReranker(compareWith, { scale: "sigmoid", ...(signal && { signal }) });
  return checkedBy(reranker, () => compareRerankers(reranker, loadLocal));
}

async function fusedScoring(model: string | URL | ModelReference, options: RerankerOptions): Promise<Scoring> {
  const { openFused, scoreFused } = await import("./load/open-fused.js");
  const fused = await openFused(model, options);
  return {
    kind: "fused",
    scale: "fused",
    shown: fused.cross,
    fused,
    async score(query, documents, facts) {
      // Without pacing every document is read.
      return (await scoreFused(fused, query, documents, facts)).scores as number[];
    },
    scoreInTime: (query, documents, facts, pacing) => scoreFused(fused, query, documents, facts, pacing),
    dispose: async () => {
      await Promise.all([fused.late.engine.dispose(), fused.cross.engine.dispose()]);
    },
  };
}

/** The two stages of a fused reranker. */
export interface FusedStages {
  /** The id of the model whose late interaction it uses. */
  readonly late: string;
  /** Its cross-encoder, which is disposed with it. */
  readonly crossEncoder: Reranker;
}

/** For rerankers loaded here, not for objects a caller makes around them. */
const stagesOf = new WeakMap<Reranker, FusedStages>();

/** Returns the stages of a fused reranker, for an index that keeps the rows of its late interaction itself; otherwise undefined. */
export function fusedStagesOf(reranker: Reranker): FusedStages | undefined {
  return stagesOf.get(reranker);
}

function createReranker({ kind, scale, shown, fused, score: scoreList, scoreInTime, dispose }: Scoring): Reranker {
  const costs = createCosts();

  async function score(query: string, documents: readonly string[], options: CallOptions = {}): Promise<number[]> {
    return scoreChecked(query, documents, checkOptions(options, CALL_OPTIONS.any, "score"), "score");
  }

  async function scoreChecked(
    query: string,
    documents: readonly string[],
    limits: CallOptions,
    method: CallFacts["method"],
  ): Promise<number[]> {
    const list = checkedCopy(query, documents);
    return scoreList(query, list, { ...limits, method, inputs: list.length });
  }

  function checkedCopy(query: string, documents: readonly string[]): string[] {
    checkText(query, "query");
    checkTexts(documents, "documents");
    // A copy, because the caller may change the array meanwhile.
    return [...documents];
  }

  async function rerank(
    query: string,
    documents: readonly string[],
    options: RerankOptions = {},
  ): Promise<RankedDocument[]> {
    const checked = checkOptions(options, CALL_OPTIONS.rerank, "rerank");
    if (scale === "fused" && checked.threshold !== undefined) {
      throw invalid(
        "threshold",
        'does not apply: fused scores are only comparable within one call; it is for the scales "logit" and "sigmoid"',
      );
    }
    const { topN: _, threshold: __, budgetMs, onSkipped, ...limits } = checked;
    if (budgetMs === undefined) return rank(await scoreChecked(query, documents, limits, "rerank"), checked);
    const budget = startBudget(budgetMs);
    const list = checkedCopy(query, documents);
    const tell = listener("onSkipped", onSkipped);
    const facts = { ...limits, method: "rerank", inputs: list.length } as const;
    const { scores, skipped } = await scoreInTime(query, list, facts, { budget, costs });
    if (skipped.length > 0) tell?.(skipped);
    return rankInTime(scores, checked);
  }

  const { spec, source, scorer } = shown;
  const { maxTokens } = scorer;
  const reranker = { kind, spec, source, scale, maxTokens, score, rerank, dispose, [Symbol.asyncDispose]: dispose };
  if (fused !== undefined) {
    stagesOf.set(reranker, { late: fused.late.spec.id, crossEncoder: createReranker(scoringBy(fused.cross)) });
  }
  return reranker;
}
