import type { Reranker, SparseVector } from "@bge-js/core";
import {
  atPositions,
  type CascadeStage,
  cascade,
  countWithin,
  monotonic,
  type ReadingLimit,
  unitsOf,
} from "@bge-js/core/adapter";
import type { RetrieverDocument, SearchResult, SkippedStage, Stage } from "@bge-js/retriever";
import { checkScores, FIRST_STAGES, inTime, LATER_STAGES, ranksOf } from "@bge-js/retriever/adapter";
import type { Schemas } from "@qdrant/js-client-rest";
import type { Filter, QdrantSearchOptions, QdrantSearchResults } from "./api.js";
import type { Collection } from "./collection.js";
import { ask, SEARCH_PATIENCE } from "./failures.js";
import { documentOf } from "./points.js";
import type { Reader, ReadQuery } from "./reader.js";

export interface SearchParts {
  readonly collection: Collection;
  readonly reader: Reader;
  readonly crossEncoder: Reranker | undefined;
  readonly candidates: Readonly<Record<Stage, number>>;
  /** How much of its candidates the cross-encoder reads; all of them without it. */
  readonly limit: ReadingLimit | undefined;
  readonly weights: Readonly<Record<Stage, number>>;
}

/** Quantised vectors find more than are asked for, and the originals score them. */
export const RESCORED = { quantization: { rescore: true } } as const;

/** What the server has found, and its scores in the same order. Late interaction's is the mean of the best cosines. */
interface Found<D> {
  readonly candidates: readonly D[];
  readonly scores: Partial<Record<Stage, readonly (number | undefined)[]>>;
}

/** Implements `QdrantRetriever.search` with checked options. */
export async function searchCollection<D extends RetrieverDocument>(
  query: string,
  parts: SearchParts,
  { topN = 10, filter, budgetMs = Number.POSITIVE_INFINITY, signal }: QdrantSearchOptions,
  stages: readonly Stage[],
): Promise<QdrantSearchResults<D>> {
  const start = monotonic();
  const { reader, crossEncoder, candidates, limit, weights } = parts;
  const limits = signal ? { signal } : {};
  const read = await reader.readQuery(query, stages, limits);
  const asked = monotonic();
  const found = await findCandidates<D>(read, parts, filter, signal);
  const answered = monotonic();
  const scores: Partial<Record<Stage, readonly (number | undefined)[]>> = { ...found.scores };
  const skipped: SkippedStage[] = [];
  let crossEncoderMs: number | undefined;

  async function rescore(best: readonly string[]): Promise<readonly (number | undefined)[]> {
    const units = best.map((text) => unitsOf(text, crossEncoder!.maxTokens));
    const texts = best.slice(0, countWithin(units, limit));
    const began = monotonic();
    const deadlineMs = budgetMs - (began - start);
    const { scores } = await inTime(async () => {
      const limited = { ...limits, ...(Number.isFinite(deadlineMs) && { deadlineMs }) };
      return checkScores(await crossEncoder!.score(query, texts, limited), texts.length);
    });
    const scored = scores.filter((score) => score !== undefined).length;
    if (scored < texts.length) skipped.push({ stage: "crossEncoder", scored, candidates: texts.length });
    crossEncoderMs = monotonic() - began;
    return scores;
  }

  const later = LATER_STAGES.filter((stage) => stages.includes(stage)).map(
    (stage): CascadeStage => ({
      weight: weights[stage],
      depth: candidates[stage],
      score: async (positions) => {
        const own =
          stage === "crossEncoder"
            ? await rescore(positions.map((position) => found.candidates[position]!.text))
            : positions.map((position) => found.scores[stage]?.[position]);
        scores[stage] = atPositions(positions, own, found.candidates.length);
        return own;
      },
    }),
  );
  const first = FIRST_STAGES.flatMap((stage) => {
    const own = found.scores[stage];
    return own === undefined ? [] : [{ weight: weights[stage], scores: own }];
  });
  const ranked = await cascade(found.candidates.length, first, later);
  const ranks = ranksOf(scores, ranked.order);
  const results = ranked.order.slice(0, topN).map((position): SearchResult<D> => {
    const document = found.candidates[position]!;
    const own = (Object.keys(scores) as Stage[]).flatMap((stage) => {
      const score = scores[stage]![position];
      return score === undefined ? [] : [[stage, score] as const];
    });
    return {
      id: document.id,
      document,
      score: ranked.scores[position]!,
      scores: Object.fromEntries(own),
      ranks: ranks.get(position)!,
    };
  });
  const timings = {
    query: asked - start,
    server: answered - asked,
    ...(crossEncoderMs !== undefined && { crossEncoder: crossEncoderMs }),
    total: monotonic() - start,
  };
  return { results, skipped, timings };
}

/**
 * Asks the server, in one request, for the best by words and by vectors, and for late interaction's scores of both. What a
 * stage did not find counts as the worst it found, which ranks better than its score would: see docs/search.md.
 */
async function findCandidates<D extends RetrieverDocument>(
  read: ReadQuery,
  { collection: { client, name }, candidates }: SearchParts,
  filter: Filter | undefined,
  signal: AbortSignal | undefined,
): Promise<Found<D>> {
  const first = FIRST_STAGES.filter((stage) => hasNumbers(read[stage]));
  // No text is like a query without any word.
  if (first.length === 0) return { candidates: [], scores: {} };
  const best = first.map((stage) => ({
    query: read[stage] as number[],
    using: stage,
    limit: candidates[stage],
    ...(filter && { filter }),
    ...(stage === "dense" && { params: RESCORED }),
  }));
  const rows = read.lateInteraction as number[][] | undefined;
  const searches: Schemas["QueryRequest"][] = best.map((search) => ({ ...search, with_payload: rows === undefined }));
  if (rows !== undefined) {
    const limit = best.reduce((sum, search) => sum + search.limit, 0);
    searches.push({ query: rows, using: "lateInteraction", prefetch: best, limit, with_payload: true });
  }
  const request = () => client.queryBatch(name, { searches });
  const answers = await ask(`search ${name}`, request, signal, SEARCH_PATIENCE);
  const documents = new Map(
    answers.flatMap(({ points }) => points.flatMap(({ id, payload }) => (payload ? [[String(id), payload]] : []))),
  );
  // In an order of our own: the server returns equal scores in any.
  const points = [...documents.keys()].sort();
  const scores = Object.fromEntries(
    searches.map(({ using, limit }, i) => {
      const found = answers[i]!.points;
      const own = new Map(found.map(({ id, score }) => [String(id), score]));
      // If these are all that have a word of the query, the others have none.
      const missing = using === "lexical" && found.length < limit! ? 0 : undefined;
      const scale = using === "lateInteraction" ? rows!.length : 1;
      return [using, points.map((point) => (own.has(point) ? own.get(point)! / scale : missing))];
    }),
  );
  return { candidates: points.map((point) => documentOf<D>(documents.get(point))), scores };
}

function hasNumbers(vector: ReadQuery[keyof ReadQuery]): boolean {
  if (vector === undefined) return false;
  return "indices" in vector ? (vector as SparseVector).indices.length > 0 : true;
}
