import type { LoadOptions, Reranker } from "@bge-js/core";
import {
  type AdapterFields,
  adapterFields,
  callOptions,
  checkQuery,
  checkText,
  invalid,
  isLoaded,
  type ModelHandle,
  rerankerHandle,
  turn,
} from "@bge-js/core/adapter";
import type { Handles } from "./handles.js";
import type { BgeRerankingModelInput } from "./reranking-model.js";

/** What Mastra calls a `RelevanceScoreProvider`. */
export interface BgeRelevanceScorer {
  /**
   * Resolves to the relevance of a text to a query, from 0 to 1. Mastra asks once per text; all that is asked for in one
   * turn of the event loop is scored together, in one call per query.
   *
   * @throws BgeError as `Reranker.score`; `INVALID_INPUT` for a blank query
   */
  getRelevanceScore(query: string, text: string): Promise<number>;
}

interface Asked {
  readonly text: string;
  resolve(score: number): void;
  reject(error: unknown): void;
}

export function createRelevanceScorer(
  input: BgeRerankingModelInput,
  settings: LoadOptions,
  handles: Handles,
): BgeRelevanceScorer {
  const { model, signal, ...own } = adapterFields<Reranker, AdapterFields<Reranker>>(input);
  // Mastra adds the score to others that lie between 0 and 1.
  const scale = isLoaded(model) ? model.scale : own.scale;
  if (scale === "logit" || scale === "fused") {
    throw invalid("scale", `must be "sigmoid", not "${scale}": Mastra adds relevance to other scores from 0 to 1`);
  }
  const options = isLoaded(model) ? own : { ...settings, scale: "sigmoid" as const, ...own };
  const handle = handles.of("reranker", { model, ...options }, () =>
    rerankerHandle("relevanceScorer", model, options, undefined),
  );
  const waiting = new Map<string, Asked[]>();

  async function scoreWaiting(): Promise<void> {
    await turn();
    const queries = [...waiting];
    waiting.clear();
    await Promise.all(queries.map(([query, asked]) => scoreTogether(handle, query, asked, signal)));
  }

  return {
    async getRelevanceScore(query, text) {
      // A bad text must fail alone, not with those of the same turn.
      checkQuery(query);
      checkText(text, "text");
      return new Promise((resolve, reject) => {
        if (waiting.size === 0) void scoreWaiting();
        const asked = waiting.get(query) ?? [];
        waiting.set(query, asked);
        asked.push({ text, resolve, reject });
      });
    },
  };
}

async function scoreTogether(
  handle: ModelHandle<Reranker>,
  query: string,
  asked: readonly Asked[],
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    const reranker = await handle.get(signal);
    const texts = asked.map(({ text }) => text);
    const scores = await reranker.score(query, texts, callOptions(signal, undefined));
    for (const [i, { resolve }] of asked.entries()) resolve(scores[i]!);
  } catch (error) {
    for (const { reject } of asked) reject(error);
  }
}
