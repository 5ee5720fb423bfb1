import { atPositions, type CascadeStage, cascade, startBudget } from "@bge-js/core/adapter";
import type { SearchOptions, SearchResult, SearchResults, Stage } from "./api.js";
import { checkVector, FIRST_STAGES, LATER_STAGES, STAGES, strictFilter } from "./options.js";
import {
  type Asked,
  isLate,
  limitsOf,
  matchKept,
  type Query,
  type Run,
  rescore,
  type SearchParts,
  timed,
} from "./rescore.js";
import type { Stored } from "./store.js";
import type { Entry, Ranking, View } from "./view.js";

/**
 * Implements `Retriever.search` with checked options: the first stages run over all documents, each later one over the
 * best so far.
 */
export async function searchStore<D extends Stored>(
  { words, read }: Query,
  parts: SearchParts<D>,
  { topN = 10, filter, budgetMs, signal }: SearchOptions<D>,
  stages: readonly Stage[],
): Promise<SearchResults<D>> {
  const budget = startBudget(budgetMs);
  const run: Run<D> = {
    ...parts,
    words,
    stages,
    signal,
    budget,
    ask: onceRead(read),
    scores: {},
    matches: new Map(),
    skipped: [],
    timings: {},
  };
  const view = await parts.store.view(filter && strictFilter(filter));
  try {
    return await searchView(run, view, topN);
  } finally {
    view.close();
  }
}

async function searchView<D extends Stored>(run: Run<D>, view: View<D>, topN: number): Promise<SearchResults<D>> {
  const { stages, budget } = run;
  const candidates = await findCandidates(run, view);
  const reading = LATER_STAGES.filter((stage) => stages.includes(stage)).map(
    (stage): CascadeStage => ({
      weight: run.weights[stage],
      depth: run.candidates[stage],
      score: async (positions) => {
        const scores = await (stage === "lateInteraction" && run.keptRows
          ? matchKept(run, run.keptRows, positions, candidates)
          : rescore(run, stage, positions, candidates));
        run.scores[stage] = atPositions(positions, scores, candidates.length);
        return scores;
      },
    }),
  );
  const first = FIRST_STAGES.flatMap((stage) => {
    const scores = run.scores[stage];
    // A stage over all documents has scored all candidates but those that have nothing for it to read.
    return scores === undefined ? [] : [{ weight: run.weights[stage], scores, unscored: "mean" as const }];
  });
  const { order, scores } = await cascade(candidates.length, first, reading);
  const ranks = ranksOf(run.scores, order);
  const results = order.slice(0, topN).map((position): SearchResult<D> => {
    const { document } = candidates[position]!;
    const own = (Object.keys(run.scores) as Stage[]).flatMap((stage) => {
      const score = run.scores[stage]![position];
      return score === undefined ? [] : [[stage, score] as const];
    });
    const match = run.matches.get(position);
    return {
      id: document.id,
      // A copy, because what the caller does to it must not change the index.
      document: { ...document },
      score: scores[position]!,
      scores: Object.fromEntries(own),
      ranks: ranks.get(position)!,
      ...(match && { part: { start: match.start, end: match.end } }),
    };
  });
  return { results, skipped: run.skipped, timings: { ...run.timings, total: budget.elapsedMs() } };
}

/** Reads the query once, but again after a failure. */
function onceRead(read: Query["read"]): Query["read"] {
  let known: Asked | undefined;
  return async (limits) => {
    known ??= await read(limits);
    return known;
  };
}

/** Returns the best documents by BM25 and by vectors. Each has both scores; one without a text has none by words. */
async function findCandidates<D extends Stored>(run: Run<D>, view: View<D>): Promise<Entry<D>[]> {
  const { stages, store, candidates, signal, words: asked } = run;
  const [words, cosines] = await Promise.all([
    stages.includes("lexical")
      ? timed(run, "lexical", () => view.lexical(asked, candidates.lexical, signal))
      : undefined,
    stages.includes("dense") ? denseRanking(run, view) : undefined,
  ]);
  if (cosines === undefined && stages.includes("dense")) {
    run.skipped.push({ stage: "dense", scored: 0, candidates: store.size });
  }
  const slots = [...new Set([...(words?.slots ?? []), ...(cosines?.slots ?? [])])];
  const found = slots.flatMap((slot) => {
    const entry = view.entry(slot);
    return entry === undefined ? [] : [{ slot, entry }];
  });
  if (words) {
    run.scores.lexical = found.map(({ slot, entry }) =>
      entry.document.text === undefined ? undefined : words.score(slot),
    );
  }
  if (cosines) run.scores.dense = found.map(({ slot }) => cosines.score(slot));
  return found.map(({ entry }) => entry);
}

async function denseRanking<D>(run: Run<D>, view: View<D>): Promise<Ranking | undefined> {
  const { stages, costs, budget, signal, dimensions, ask, candidates } = run;
  const estimate = costs.estimate("dense", 1) ?? 0;
  const optional = stages.includes("lexical");
  if (optional && estimate > budget.remainingMs()) return undefined;
  try {
    return await timed(run, "dense", async () => {
      const start = budget.elapsedMs();
      const { vector } = await ask(limitsOf(optional ? budget : undefined, signal));
      checkVector(vector, dimensions);
      const ranking = await view.dense(vector, candidates.dense, signal);
      costs.record("dense", 1, budget.elapsedMs() - start);
      return ranking;
    });
  } catch (error) {
    if (optional && isLate(error)) return undefined;
    throw error;
  }
}

/** Returns the candidates' ranks by each stage's scores, from 1; ties as in `order`. */
export function ranksOf(scores: Run<unknown>["scores"], order: readonly number[]) {
  const ranks = new Map(order.map((position): [number, Partial<Record<Stage, number>>] => [position, {}]));
  for (const stage of STAGES) {
    const own = scores[stage];
    const scored = order.filter((position) => own?.[position] !== undefined);
    scored.sort((a, b) => own![b]! - own![a]!);
    for (const [i, position] of scored.entries()) ranks.get(position)![stage] = i + 1;
  }
  return ranks;
}
