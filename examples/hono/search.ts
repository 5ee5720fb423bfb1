import type { BgeProvider } from "@bge-js/ai-sdk";
import { cosineSimilarity, embed, embedMany, rerank } from "ai";

export interface Passage {
  readonly source: string;
  readonly text: string;
}

export type Search = (question: string, signal: AbortSignal) => Promise<Passage[]>;

/** Embeds the passages, and returns a search over them. The vectors are in memory; a vector database would take its place. */
export async function createSearch(bge: BgeProvider, passages: readonly Passage[]): Promise<Search> {
  const values = passages.map(({ text }) => text);
  const { embeddings } = await embedMany({ model: bge.embeddingModel(), values });

  return async (question, abortSignal) => {
    const { embedding } = await embed({ model: bge.queries(), value: question, abortSignal });
    const nearest = embeddings
      .map((vector, index) => ({ passage: passages[index]!, similarity: cosineSimilarity(embedding, vector) }))
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, 100)
      .map(({ passage }) => passage);
    const documents = nearest.map(({ text }) => text);
    const { ranking } = await rerank({
      model: bge.rerankingModel(),
      documents,
      query: question,
      topN: 3,
      abortSignal,
    });
    return ranking.map(({ originalIndex }) => nearest[originalIndex]!);
  };
}
