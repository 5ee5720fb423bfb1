import type { RemoteApi } from "../api/remote.js";
import { inOrder, listIn, scoreFrom, vectorFrom } from "./answers.js";
import type { Dialect } from "./dialect.js";

/** `/embeddings` as OpenAI defines it, and `/rerank` as Cohere and Jina do, which the same servers have. */
export function openaiDialect(
  api: Extract<RemoteApi, "openai" | "infinity" | "cohere">,
  model: string | undefined,
  path: string | undefined,
): Dialect {
  return {
    api,
    maxBatchTexts: 64,
    health: api === "infinity" ? "/health" : "/models",
    models: "/models",
    // OpenAI refuses, infinity cuts, Ollama does either.
    overlong: "unknown",
    refusesEmpty: false,
    outputs: ["dense"],
    embed: ({ texts }) => ({
      path: path ?? "/embeddings",
      body: { input: texts, encoding_format: "base64", ...(model === undefined ? {} : { model }) },
    }),
    readEmbeddings: (json, count) => inOrder(listIn(json, "data"), count).map(({ embedding }) => vectorFrom(embedding)),
    rank: {
      scores: api === "infinity" ? "as-asked" : "unknown",
      request: ({ query, texts, logits }) => ({
        path: path ?? "/rerank",
        body: {
          query,
          documents: texts,
          return_documents: false,
          ...(api === "infinity" ? { raw_scores: logits } : { top_n: texts.length }),
          ...(model === undefined ? {} : { model }),
        },
      }),
      read: (json, count) =>
        inOrder(listIn(json, "results"), count).map(({ relevance_score }) => scoreFrom(relevance_score)),
    },
  };
}
