import { BgeError, type CallOptions, type Embedder, type Reranker } from "@bge-js/core";
import {
  affordable,
  atPositions,
  type Budget,
  type CascadeStage,
  type Costs,
  cascade,
  invalid,
  type KeptQuery,
  type KeptRows,
  startBudget,
  unitsOf,
} from "@bge-js/core/adapter";
import type {
  RetrieverDocument,
  SearchOptions,
  SearchResult,
  SearchResults,
  SkippedStage,
  Stage,
  TextPart,
} from "./api.js";
import { checkVector, FIRST_STAGES, LATER_STAGES, STAGES, strictFilter } from "./options.js";
import type { Store } from "./store.js";
import type { Entry, Ranking, View } from "./view.js";

export interface SearchParts<D> {
  readonly store: Store<D>;
  readonly embedder: Embedder;
  /** Late interaction with the rows that the store keeps, in a reranker's place. */
  readonly keptRows: KeptRows | undefined;
  readonly rerankers: Partial<Readonly<Record<Stage, Reranker>>>;
  readonly candidates: Readonly<Record<Stage, number>>;
  readonly weights: Readonly<Record<Stage, number>>;
  readonly costs: Costs;
}

/** A query that was read. */
type Asked = Pick<KeptQuery, "vector"> & Partial<KeptQuery>;

/** The state of one search. */
interface Run<D> extends SearchParts<D> {
  readonly query: string;
  readonly stages: readonly Stage[];
  readonly signal: AbortSignal | undefined;
  readonly budget: Budget;
  /** Reads the query for `dense` and for kept rows: once, if both need it. */
  readonly ask: (limits: CallOptions) => Promise<Asked>;
  /** Each stage's scores, by the candidates' positions. */
  readonly scores: Partial<Record<Stage, readonly (number | undefined)[]>>;
  /** The part of its text in which late interaction found a candidate, by its position. */
  readonly parts: Map<number, TextPart>;
  readonly skipped: SkippedStage[];
  readonly timings: Partial<Record<Stage, number>>;
}

/**
 * Implements `Retriever.search` with checked options: the first stages run over all documents, each later one over the
 * best so far.
 */
export async function searchStore<D extends RetrieverDocument>(
  query: string,
  parts: SearchParts<D>,
  { topN = 10, filter, budgetMs, signal }: SearchOptions<D>,
  stages: readonly Stage[],
): Promise<SearchResults<D>> {
  const budget = startBudget(budgetMs);
  const ask = asker(query, parts, stages);
  const run: Run<D> = {
    ...parts,
    query,
    stages,
    signal,
    budget,
    ask,
    scores: {},
    parts: new Map(),
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

async function searchView<D extends RetrieverDocument>(
  run: Run<D>,
  view: View<D>,
  topN: number,
): Promise<SearchResults<D>> {
  const { stages, budget } = run;
  const candidates = await findCandidates(run, view);
  const reading = LATER_STAGES.filter((stage) => stages.includes(stage)).map(
    (stage): CascadeStage => ({
      weight: run.weights[stage],
      depth: run.candidates[stage],
      score: async (positions) => {
        const scores = await (stage === "lateInteraction" && run.keptRows
          ? matchKept(run, run.keptRows, positions, candidates)
          : rescore(
              run,
              stage,
              positions.map((position) => readText(candidates[position]!.document.text, run.parts.get(position))),
            ));
        run.scores[stage] = atPositions(positions, scores, candidates.length);
        return scores;
      },
    }),
  );
  const first = FIRST_STAGES.flatMap((stage) => {
    const scores = run.scores[stage];
    return scores === undefined ? [] : [{ weight: run.weights[stage], scores }];
  });
  const { order, scores } = await cascade(candidates.length, first, reading);
  const ranks = ranksOf(run.scores, order);
  const results = order.slice(0, topN).map((position): SearchResult<D> => {
    const { document } = candidates[position]!;
    const own = (Object.keys(run.scores) as Stage[]).flatMap((stage) => {
      const score = run.scores[stage]![position];
      return score === undefined ? [] : [[stage, score] as const];
    });
    const part = run.parts.get(position);
    return {
      id: document.id,
      document,
      score: scores[position]!,
      scores: Object.fromEntries(own),
      ranks: ranks.get(position)!,
      ...(part && { part }),
    };
  });
  return { results, skipped: run.skipped, timings: { ...run.timings, total: budget.elapsedMs() } };
}

/** The part of a text that a reranker reads. */
function readText(text: string, part: TextPart | undefined): string {
  return part === undefined ? text : text.slice(part.start, part.end);
}

/** Reads the query once, but again after a failure. */
function asker<D>(query: string, { embedder, keptRows }: SearchParts<D>, stages: readonly Stage[]): Run<D>["ask"] {
  let known: Asked | undefined;
  return async (limits) => {
    known ??=
      keptRows !== undefined && stages.includes("lateInteraction")
        ? await keptRows.readQuery(query, limits)
        : { vector: await embedder.embedQuery(query, limits) };
    return known;
  };
}

/** Returns the best documents by BM25 and by vectors. Each has both scores. */
async function findCandidates<D>(run: Run<D>, view: View<D>): Promise<Entry<D>[]> {
  const { stages, store, candidates, signal, query } = run;
  const [words, cosines] = await Promise.all([
    stages.includes("lexical")
      ? timed(run, "lexical", () => view.lexical(query, candidates.lexical, signal))
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
  if (words) run.scores.lexical = found.map(({ slot }) => words.score(slot));
  if (cosines) run.scores.dense = found.map(({ slot }) => cosines.score(slot));
  return found.map(({ entry }) => entry);
}

async function denseRanking<D>(run: Run<D>, view: View<D>): Promise<Ranking | undefined> {
  const { stages, costs, budget, signal, embedder, ask, candidates } = run;
  const estimate = costs.estimate("dense", 1) ?? 0;
  const optional = stages.includes("lexical");
  if (optional && estimate > budget.remainingMs()) return undefined;
  try {
    return await timed(run, "dense", async () => {
      const start = budget.elapsedMs();
      const { vector } = await ask(limitsOf(optional ? budget : undefined, signal));
      checkVector(vector, embedder.dimensions);
      const ranking = await view.dense(vector, candidates.dense, signal);
      costs.record("dense", 1, budget.elapsedMs() - start);
      return ranking;
    });
  } catch (error) {
    if (optional && isLate(error)) return undefined;
    throw error;
  }
}

/** Scores all these candidates, which takes milliseconds; none if the query is not read in time. */
async function matchKept<D>(
  run: Run<D>,
  keptRows: KeptRows,
  positions: readonly number[],
  candidates: readonly Entry<D>[],
): Promise<readonly (number | undefined)[]> {
  const { budget, ask, signal, parts } = run;
  // A store that keeps rows has those of every document.
  const rows = positions.map((position) => candidates[position]!.rows()!);
  const { scores } = await timed(run, "lateInteraction", () =>
    budget.remainingMs() <= 0
      ? NONE
      : inTime(async () => {
          const { side } = await ask(limitsOf(budget, signal));
          // With kept rows, every query that is asked for this stage has a side.
          const matches = await keptRows.match(side!, rows, limitsOf(budget, signal));
          for (const [i, { start, end }] of matches.entries()) parts.set(positions[i]!, { start, end });
          return matches.map(({ score }) => score);
        }),
  );
  reportSkipped(run, "lateInteraction", scores, positions.length);
  return scores;
}

/** Scores as many of these texts as fit into the time, from the first on, with a reranker. */
async function rescore<D>(run: Run<D>, stage: Stage, texts: readonly string[]): Promise<(number | undefined)[]> {
  const { budget, costs, query, signal } = run;
  const reranker = run.rerankers[stage]!;
  const units = texts.map((text) => unitsOf(text, reranker.maxTokens));
  const all: (number | undefined)[] = [];
  let late = false;
  await timed(run, stage, async () => {
    while (all.length < texts.length && !late) {
      const done = all.length;
      const count = affordable(units.slice(done), budget.remainingMs(), (sum) => costs.estimate(stage, sum));
      if (count === 0) break;
      const start = budget.elapsedMs();
      const part = texts.slice(done, done + count);
      const limits = limitsOf(budget, signal);
      const { scores, isLate } = await inTime(async () =>
        checkScores(await reranker.score(query, part, limits), count),
      );
      late = isLate;
      if (!late) {
        const sum = units.slice(done, done + count).reduce((total, unit) => total + unit, 0);
        costs.record(stage, sum, budget.elapsedMs() - start);
      }
      all.push(...scores);
    }
  });
  reportSkipped(run, stage, all, texts.length);
  return all;
}

function reportSkipped<D>(
  run: Run<D>,
  stage: Stage,
  scores: readonly (number | undefined)[],
  candidates: number,
): void {
  const scored = scores.filter((score) => score !== undefined).length;
  if (scored < candidates) run.skipped.push({ stage, scored, candidates });
}

export interface InTime {
  readonly scores: readonly (number | undefined)[];
  readonly isLate: boolean;
}

const NONE: InTime = { scores: [], isLate: true };

export async function inTime(score: () => Promise<readonly number[]>): Promise<InTime> {
  try {
    return { scores: await score(), isLate: false };
  } catch (error) {
    if (!isLate(error)) throw error;
    // A reranker's results are numbers.
    return { scores: (error.completed ?? []) as (number | undefined)[], isLate: true };
  }
}

/** Checks a reranker's scores, because it may be the caller's own. */
export function checkScores(scores: readonly number[], count: number): readonly number[] {
  if (Array.isArray(scores) && scores.length === count && scores.every(Number.isFinite)) return scores;
  throw invalid("reranker", `must return ${count} finite numbers for ${count} documents`);
}

function isLate(error: unknown): error is BgeError {
  return error instanceof BgeError && error.code === "DEADLINE_EXCEEDED";
}

function limitsOf(budget: Budget | undefined, signal: AbortSignal | undefined): CallOptions {
  const deadlineMs = budget?.remainingMs() ?? Number.POSITIVE_INFINITY;
  return { ...(signal && { signal }), ...(Number.isFinite(deadlineMs) && { deadlineMs }) };
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

async function timed<D, T>(run: Run<D>, stage: Stage, body: () => T | Promise<T>): Promise<T> {
  const start = run.budget.elapsedMs();
  try {
    return await body();
  } finally {
    run.timings[stage] = run.budget.elapsedMs() - start;
  }
}
