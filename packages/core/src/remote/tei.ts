import { inOrder, listOf, pairsFrom, rowsFrom, scoreFrom, vectorFrom } from "./answers.js";
import type { Dialect, EmbedRequest, Wanted } from "./dialect.js";

const PATHS: Readonly<Record<Wanted, string>> = { dense: "/embed", sparse: "/embed_sparse", tokens: "/embed_all" };
const READERS = { dense: vectorFrom, sparse: pairsFrom, tokens: rowsFrom } as const;

/** Text Embeddings Inference, and @bge-js/server. `truncate` is always sent, because the server's default differs by version. */
export function teiDialect(path: string | undefined): Dialect {
  return {
    api: "tei",
    maxBatchTexts: 32,
    health: "/health",
    models: undefined,
    overlong: "as-asked",
    refusesEmpty: true,
    outputs: ["dense", "sparse", "tokens"],
    embed: ({ texts, inputType, cut, wanted }: EmbedRequest) => ({
      path: wanted === "dense" ? (path ?? PATHS.dense) : PATHS[wanted],
      body: {
        inputs: texts,
        truncate: cut,
        ...(wanted === "dense" ? { normalize: true } : {}),
        ...(inputType === undefined ? {} : { prompt_name: inputType }),
      },
    }),
    readEmbeddings: (json, count, wanted) => listOf(json, count).map(READERS[wanted]),
    rank: {
      scores: "as-asked",
      request: ({ query, texts, cut, logits }) => ({
        path: path ?? "/rerank",
        body: { query, texts, truncate: cut, raw_scores: logits },
      }),
      read: (json, count) => inOrder(listOf(json, count), count).map(({ score }) => scoreFrom(score)),
    },
    count: {
      request: (texts) => ({ path: "/tokenize", body: { inputs: texts, add_special_tokens: true } }),
      read: (json, count) => listOf(json, count).map((tokens) => listOf(tokens, (tokens as unknown[])?.length).length),
    },
  };
}
