import { BgeError, type CallOptions, type Reranker } from "@bge-js/core";
import {
  affordable,
  type Budget,
  type Costs,
  countWithin,
  invalid,
  type KeptQuery,
  type KeptRows,
  type Match,
  PASSAGE_TOKENS,
  type ReadingLimit,
  unitsOf,
} from "@bge-js/core/adapter";
import type { SkippedStage, Stage } from "./api.js";
import type { Store, Stored } from "./store.js";
import type { Entry } from "./view.js";

export interface SearchParts<D> {
  readonly store: Store<D>;
  /** Of a query's vector, as of the documents'. */
  readonly dimensions: number;
  /** Late interaction with the rows that the store keeps, in a reranker's place. */
  readonly keptRows: KeptRows | undefined;
  readonly rerankers: Partial<Readonly<Record<Stage, Reranker>>>;
  /** Whether the cross-encoder was evaluated with passages in place of texts. */
  readonly readsPassages: boolean;
  /** How much of its candidates the cross-encoder reads; all of them without it. */
  readonly limit: ReadingLimit | undefined;
  readonly candidates: Readonly<Record<Stage, number>>;
  readonly weights: Readonly<Record<Stage, number>>;
  readonly costs: Costs;
}

/** What is asked for. */
export interface Query {
  /** For the stages that read words. */
  readonly words: string;
  /** Reads all of it, with what the stages of this search need. */
  read(limits: CallOptions): Promise<Asked>;
}

/** A query that was read. */
export type Asked = Pick<KeptQuery, "vector"> & Partial<KeptQuery>;

/** The state of one search. */
export interface Run<D> extends SearchParts<D> {
  readonly words: string;
  readonly stages: readonly Stage[];
  readonly signal: AbortSignal | undefined;
  readonly budget: Budget;
  /** Reads the query for `dense` and for kept rows: once, if both need it. */
  readonly ask: (limits: CallOptions) => Promise<Asked>;
  /** Each stage's scores, by the candidates' positions. */
  readonly scores: Partial<Record<Stage, readonly (number | undefined)[]>>;
  /** The part of its text in which late interaction found a candidate, by its position. */
  readonly matches: Map<number, Match>;
  readonly skipped: SkippedStage[];
  readonly timings: Partial<Record<Stage, number>>;
}

/** Scores all these candidates, which takes milliseconds; none if the query is not read in time. */
export async function matchKept<D>(
  run: Run<D>,
  keptRows: KeptRows,
  positions: readonly number[],
  candidates: readonly Entry<D>[],
): Promise<readonly (number | undefined)[]> {
  const { budget, ask, signal } = run;
  // A store that keeps rows has those of every document.
  const rows = positions.map((position) => candidates[position]!.rows()!);
  const { scores } = await timed(run, "lateInteraction", () =>
    budget.remainingMs() <= 0
      ? NONE
      : inTime(async () => {
          const { side } = await ask(limitsOf(budget, signal));
          // With kept rows, every query that is asked for this stage has a side.
          const matches = await keptRows.match(side!, rows, limitsOf(budget, signal));
          for (const [i, match] of matches.entries()) run.matches.set(positions[i]!, match);
          return matches.map(({ score }) => score);
        }),
  );
  reportSkipped(run, "lateInteraction", scores, positions.length);
  return scores;
}

/** Scores as many of these candidates as it is to read, and as fit into the time, from the first on, with a reranker. */
export async function rescore<D extends Stored>(
  run: Run<D>,
  stage: Stage,
  all: readonly number[],
  candidates: readonly Entry<D>[],
): Promise<(number | undefined)[]> {
  const { budget, costs, words, signal } = run;
  const reranker = run.rerankers[stage]!;
  const positions = stage === "crossEncoder" ? withinLimit(run, all, candidates) : all;
  const known: (number | undefined)[] = [];
  let late = false;
  await timed(run, stage, async () => {
    const texts = await textsToRead(run, positions, candidates);
    const units = texts.map((text) => unitsOf(text, reranker.maxTokens));
    while (known.length < texts.length && !late) {
      const done = known.length;
      const count = affordable(units.slice(done), budget.remainingMs(), (sum) => costs.estimate(stage, sum));
      if (count === 0) break;
      const start = budget.elapsedMs();
      const part = texts.slice(done, done + count);
      const limits = limitsOf(budget, signal);
      const { scores, isLate } = await inTime(async () =>
        checkScores(await reranker.score(words, part, limits), count),
      );
      late = isLate;
      if (!late) {
        const sum = units.slice(done, done + count).reduce((total, unit) => total + unit, 0);
        costs.record(stage, sum, budget.elapsedMs() - start);
      }
      known.push(...scores);
    }
  });
  reportSkipped(run, stage, known, positions.length);
  return known;
}

/** The candidates that the cross-encoder reads: fewer of long ones. */
function withinLimit<D extends Stored>(
  { limit, readsPassages, rerankers }: Run<D>,
  positions: readonly number[],
  candidates: readonly Entry<D>[],
): readonly number[] {
  const most = readsPassages ? PASSAGE_TOKENS : rerankers.crossEncoder!.maxTokens;
  const units = positions.map((position) => unitsOf(candidates[position]!.document.text ?? "", most));
  return positions.slice(0, countWithin(units, limit));
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

export function isLate(error: unknown): error is BgeError {
  return error instanceof BgeError && error.code === "DEADLINE_EXCEEDED";
}

export function limitsOf(budget: Budget | undefined, signal: AbortSignal | undefined): CallOptions {
  const deadlineMs = budget?.remainingMs() ?? Number.POSITIVE_INFINITY;
  return { ...(signal && { signal }), ...(Number.isFinite(deadlineMs) && { deadlineMs }) };
}

/** What a reranker reads of the candidates: of a text that late interaction has found, the part that matches. */
async function textsToRead<D extends Stored>(
  run: Run<D>,
  positions: readonly number[],
  candidates: readonly Entry<D>[],
): Promise<string[]> {
  const { matches, ask, keptRows, budget, signal } = run;
  const found = positions.filter((position) => matches.has(position));
  if (found.length > 0 && run.readsPassages && budget.remainingMs() > 0) {
    const limits = limitsOf(budget, signal);
    const { side } = await ask(limits);
    const given = found.map((position) => {
      const entry = candidates[position]!;
      return { text: entry.document.text ?? "", rows: entry.rows()!, match: matches.get(position)! };
    });
    const passages = await keptRows!.passages(side!, given, limits).catch((error: unknown) => {
      if (isLate(error)) return [];
      throw error;
    });
    for (const [i, passage] of passages.entries()) matches.set(found[i]!, passage);
  }
  return positions.map((position) => {
    const { text = "" } = candidates[position]!.document;
    const match = matches.get(position);
    return match === undefined ? text : text.slice(match.start, match.end);
  });
}

export async function timed<D, T>(run: Run<D>, stage: Stage, body: () => T | Promise<T>): Promise<T> {
  const start = run.budget.elapsedMs();
  try {
    return await body();
  } finally {
    run.timings[stage] = run.budget.elapsedMs() - start;
  }
}
