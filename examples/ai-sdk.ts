// The AI SDK: embeds and reranks locally, and streams an answer from what was found. A scripted model stands for a language model.
import { createBge } from "@bge-js/ai-sdk";
import { cosineSimilarity, embed, embedMany, rerank, simulateReadableStream, streamText } from "ai";
import { MockLanguageModelV3 } from "ai/test";
import { HANDBOOK } from "./corpus.js";

await using bge = createBge(); // models load on first use

const documents = HANDBOOK.map(({ text }) => text);
const { embeddings } = await embedMany({ model: bge.embeddingModel(), values: documents });

const query = "What do I do when my notebook was stolen?";
const { embedding } = await embed({ model: bge.queries(), value: query });
const nearest = embeddings
  .map((vector, index) => ({ text: documents[index]!, similarity: cosineSimilarity(embedding, vector) }))
  .sort((a, b) => b.similarity - a.similarity)
  .slice(0, 100)
  .map(({ text }) => text);
const { rerankedDocuments } = await rerank({ model: bge.rerankingModel(), documents: nearest, query, topN: 3 });
for (const text of rerankedDocuments) console.log(`- ${text}`);

const { textStream } = streamText({
  model: scripted(rerankedDocuments[0]!),
  instructions: `Answer from these rules alone.\n\n${rerankedDocuments.join("\n")}`,
  prompt: query,
});
for await (const part of textStream) process.stdout.write(part);
console.log();

/** Answers with this text, word by word. */
function scripted(answer: string) {
  const noTokens = { total: 0, noCache: 0, cacheRead: 0, cacheWrite: 0, text: 0, reasoning: 0 };
  return new MockLanguageModelV3({
    doStream: async () => ({
      stream: simulateReadableStream({
        chunks: [
          { type: "text-start", id: "1" },
          ...answer.split(/(?<= )/).map((delta) => ({ type: "text-delta" as const, id: "1", delta })),
          { type: "text-end", id: "1" },
          {
            type: "finish",
            finishReason: { unified: "stop", raw: "stop" },
            usage: { inputTokens: noTokens, outputTokens: noTokens },
          },
        ],
      }),
    }),
  });
}
