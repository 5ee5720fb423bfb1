import type { Embedder } from "@bge-js/core";
import { loadRetriever } from "@bge-js/retriever";
import type { SourceText } from "./documents.js";
import { type Answer, CANDIDATES, type SearchIndex, TOP_N } from "./framework.js";
import type { Counts } from "./kept-embedder.js";
import type { Progress } from "./progress.js";

/** An index on disk, searched by all its stages. */
export interface KeptIndex extends AsyncDisposable, Pick<SearchIndex, "search"> {
  /** The texts that the first stages find, best first. */
  candidatesOf(question: string): Promise<string[]>;
  readonly counts: Counts & { readonly removed: number };
  readonly directory: string | undefined;
}

/** Opens the index in `directory` and makes it hold exactly these texts: those that it has are not read again. */
export async function openKeptIndex(
  texts: readonly SourceText[],
  directory: string,
  embedder: Embedder,
  signal: AbortSignal,
  progress: Progress,
): Promise<KeptIndex> {
  const retriever = await loadRetriever<SourceText>({ directory, embedder, load: { truncation: "silent" } });
  try {
    const { added, unchanged } = await retriever.add(texts, {
      signal,
      onProgress: ({ added, unchanged }) => progress.update(added + unchanged, added),
    });
    const wanted = new Set(texts.map(({ id }) => id));
    const others: string[] = [];
    for await (const id of retriever.ids()) if (!wanted.has(id)) others.push(id);
    const removed = await retriever.remove(others);
    const firstOf = async (question: string) =>
      (await retriever.search(question, { stages: ["lexical", "dense"], topN: 2 * CANDIDATES, signal })).results;
    const search = async (question: string): Promise<Answer> => {
      const { results, timings } = await retriever.search(question, { topN: TOP_N, signal });
      // The order before, which the times leave out.
      const rank = new Map((await firstOf(question)).map(({ id }, position) => [id, position + 1]));
      const rerankMs = (timings.lateInteraction ?? 0) + (timings.crossEncoder ?? 0);
      return {
        hits: results.map(({ document, score }) => ({ ...document, score, rankBefore: rank.get(document.id)! })), // the same candidates
        candidates: Math.min(rank.size, CANDIDATES),
        retrieveMs: timings.total - rerankMs,
        rerankMs,
      };
    };
    const candidatesOf = async (question: string): Promise<string[]> =>
      (await firstOf(question)).slice(0, CANDIDATES).map(({ document }) => document.text);
    return {
      search,
      candidatesOf,
      counts: { embedded: added, kept: unchanged, removed },
      directory: retriever.directory,
      [Symbol.asyncDispose]: () => retriever.dispose(),
    };
  } catch (error) {
    await retriever.dispose();
    throw error;
  } finally {
    progress.finish();
  }
}
