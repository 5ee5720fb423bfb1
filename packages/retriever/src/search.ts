import type { Reranker } from "../../core/src/api/reranker.js";
import type { Embedder } from "../../core/src/api/embedder.js";
import type { CallOptions } from "../../core/src/api/options.js";
import { BgeError } from "../../core/src/api/errors.js";
import { fuse } from "../../core/src/scoring/fusion.js";
import type { RetrieverDocument, SearchOptions, SearchResult, SearchResults, SkippedStage, Stage } from "./api.js";
import { affordable, type Budget, type Costs, startBudget } from "./budget.js";
import type { Store, View } from "./store.js";

export interface SearchParts<D> {
  readonly store: Store<D>;
  readonly embedder: Embedder;
  readonly rerankers: Partial<Readonly<Record<Stage, Reranker>>>;
  readonly candidates: Readonly<Record<Stage, number>>;
  readonly weights: Readonly<Record<Stage, number>>;
  readonly costs: Costs;
}

/** A candidate, with the scores that it has so far. */
interface Candidate<D> {
  readonly document: D;
  readonly scores: Partial<Record<Stage, number>>;
}

/** One search: what it has found out, stage by stage. */
interface Run<D> extends SearchParts<D> {
  readonly query: string;
  readonly stages: readonly Stage[];
  readonly signal: AbortSignal | undefined;
  readonly budget: Budget;
  readonly skipped: SkippedStage[];
  readonly timings: Partial<Record<Stage, number>>;
}

/** `Retriever.search`, its options checked: the first stage over all documents, then each later one over the best so far. */
export async function searchStore<D extends RetrieverDocument>(
  query: string,
  parts: SearchParts<D>,
  { topN = 10, filter = () => true, budgetMs, signal }: SearchOptions<D>,
  stages: readonly Stage[],
): Promise<SearchResults<D>> {
  const budget = startBudget(budgetMs);
  const run: Run<D> = { ...parts, query, stages, signal, budget, skipped: [], timings: {} };
  let ranked = byScore(await firstStage(run, parts.store.view(filter)), run.weights);
  for (const stage of ["lateInteraction", "crossEncoder"] as const) {
    if (!stages.includes(stage)) continue;
    await rescore(
      run,
      stage,
      ranked.slice(0, parts.candidates[stage]).map(({ candidate }) => candidate),
    );
    ranked = byScore(
      ranked.map(({ candidate }) => candidate),
      run.weights,
    );
  }
  const ranks = ranksOf(ranked.map(({ candidate }) => candidate));
  const results = ranked.slice(0, topN).map(
    ({ candidate, score }): SearchResult<D> => ({
      id: candidate.document.id,
      document: candidate.document,
      score,
      scores: candidate.scores,
      ranks: ranks.get(candidate)!,
    }),
  );
  return { results, skipped: run.skipped, timings: { ...run.timings, total: budget.elapsedMs() } };
}

/** The best by BM25 and the best by their vectors, each with both scores. */
async function firstStage<D>(run: Run<D>, view: View<D>): Promise<Candidate<D>[]> {
  const { stages, store, candidates } = run;
  const [words, cosines] = await Promise.all([
    stages.includes("lexical") ? timed(run, "lexical", () => view.lexical(run.query)) : undefined,
    stages.includes("dense") ? denseScores(run, view) : undefined,
  ]);
  const scored = { ...(words && { lexical: words }), ...(cosines && { dense: cosines }) };
  if (cosines === undefined && stages.includes("dense")) {
    run.skipped.push({ stage: "dense", scored: 0, candidates: store.size });
  }
  const slots = new Set([
    // A text without any of the words is none of the best.
    ...(words ? view.best(words, candidates.lexical, 0) : []),
    ...(cosines ? view.best(cosines, candidates.dense) : []),
  ]);
  return [...slots].map((slot) => ({
    document: view.document(slot),
    scores: Object.fromEntries(Object.entries(scored).map(([stage, scores]) => [stage, scores[slot]!])),
  }));
}

async function denseScores<D>(run: Run<D>, view: View<D>): Promise<Float32Array | undefined> {
  const { stages, costs, budget, signal, embedder, query } = run;
  const estimate = costs.estimate("dense", 1) ?? 0;
  const optional = stages.includes("lexical");
  if (optional && estimate > budget.remainingMs()) return undefined;
  try {
    return await timed(run, "dense", async () => {
      const start = budget.elapsedMs();
      const vector = await embedder.embedQuery(query, limitsOf(optional ? budget : undefined, signal));
      const cosines = await view.dense(vector, signal);
      costs.record("dense", 1, budget.elapsedMs() - start);
      return cosines;
    });
  } catch (error) {
    if (optional && isLate(error)) return undefined;
    throw error;
  }
}

/** Lets a reranker score as many of the candidates as fit, the best first. */
async function rescore<D extends RetrieverDocument>(
  run: Run<D>,
  stage: Stage,
  candidates: Candidate<D>[],
): Promise<void> {
  const { budget, costs, query, signal } = run;
  const reranker = run.rerankers[stage]!;
  const texts = candidates.map(({ document }) => document.text);
  const units = texts.map((text) => unitsOf(text, reranker.maxTokens));
  let done = 0;
  let scored = 0;
  let late = false;
  await timed(run, stage, async () => {
    while (done < texts.length && !late) {
      const count = affordable(units.slice(done), budget.remainingMs(), (sum) => costs.estimate(stage, sum));
      if (count === 0) break;
      const start = budget.elapsedMs();
      const { scores, isLate } = await scoresInTime(
        reranker,
        query,
        texts.slice(done, done + count),
        limitsOf(budget, signal),
      );
      late = isLate;
      if (!late) {
        const sum = units.slice(done, done + count).reduce((total, unit) => total + unit, 0);
        costs.record(stage, sum, budget.elapsedMs() - start);
      }
      for (const [i, score] of scores.entries()) {
        if (score === undefined) continue;
        candidates[done + i]!.scores[stage] = score;
        scored++;
      }
      done += count;
    }
  });
  if (scored < candidates.length) run.skipped.push({ stage, scored, candidates: candidates.length });
}

async function scoresInTime(
  reranker: Reranker,
  query: string,
  texts: readonly string[],
  limits: CallOptions,
): Promise<{ scores: readonly (number | undefined)[]; isLate: boolean }> {
  try {
    return { scores: await reranker.score(query, texts, limits), isLate: false };
  } catch (error) {
    if (!isLate(error)) throw error;
    // A reranker's results are numbers.
    return { scores: (error.completed ?? []) as (number | undefined)[], isLate: true };
  }
}

function isLate(error: unknown): error is BgeError {
  return error instanceof BgeError && error.code === "DEADLINE_EXCEEDED";
}

function limitsOf(budget: Budget | undefined, signal: AbortSignal | undefined): CallOptions {
  const deadlineMs = budget?.remainingMs() ?? Number.POSITIVE_INFINITY;
  return { ...(signal && { signal }), ...(Number.isFinite(deadlineMs) && { deadlineMs }) };
}

/** What a text costs: its characters as far as they are read, and a few for the text itself. */
function unitsOf(text: string, maxTokens: number): number {
  return 32 + Math.min(text.length, 4 * maxTokens);
}

/** Candidates with their fused scores, best first; equal ones in the order in which they came. */
function byScore<D>(candidates: readonly Candidate<D>[], weights: Readonly<Record<Stage, number>>) {
  const stages = (Object.keys(weights) as Stage[]).map((stage) => ({
    weight: weights[stage],
    scores: candidates.map(({ scores }) => scores[stage]),
  }));
  const fused = fuse(stages, candidates.length);
  return candidates.map((candidate, i) => ({ candidate, score: fused[i]! })).sort((a, b) => b.score - a.score);
}

function ranksOf<D>(candidates: readonly Candidate<D>[]) {
  const ranks = new Map(candidates.map((candidate): [Candidate<D>, Partial<Record<Stage, number>>] => [candidate, {}]));
  for (const stage of ["lexical", "dense", "lateInteraction", "crossEncoder"] as const) {
    const scored = candidates.filter(({ scores }) => scores[stage] !== undefined);
    scored.sort((a, b) => b.scores[stage]! - a.scores[stage]!);
    for (const [i, candidate] of scored.entries()) ranks.get(candidate)![stage] = i + 1;
  }
  return ranks;
}

async function timed<D, T>(run: Run<D>, stage: Stage, body: () => T | Promise<T>): Promise<T> {
  const start = run.budget.elapsedMs();
  try {
    return await body();
  } finally {
    run.timings[stage] = run.budget.elapsedMs() - start;
  }
}
