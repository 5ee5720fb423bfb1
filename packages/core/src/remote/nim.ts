import { inOrder, listIn, scoreFrom, vectorFrom } from "./answers.js";
import type { Dialect } from "./dialect.js";

/** NVIDIA NIM. Without `truncate: "END"`, it refuses a text that is too long. */
export function nimDialect(model: string | undefined, path: string | undefined): Dialect {
  const named = model === undefined ? {} : { model };
  const truncate = (cut: boolean) => (cut ? "END" : "NONE");
  return {
    api: "nim",
    maxBatchTexts: 30,
    health: "/health/ready",
    models: "/models",
    overlong: "as-asked",
    refusesEmpty: true,
    outputs: ["dense"],
    embed: ({ texts, inputType, cut }) => ({
      path: path ?? "/embeddings",
      body: {
        input: texts,
        encoding_format: "base64",
        truncate: truncate(cut),
        ...named,
        ...(inputType === undefined ? {} : { input_type: inputType === "query" ? "query" : "passage" }),
      },
    }),
    readEmbeddings: (json, count) => inOrder(listIn(json, "data"), count).map(({ embedding }) => vectorFrom(embedding)),
    rank: {
      scores: "logit",
      request: ({ query, texts, cut }) => ({
        path: path ?? "/ranking",
        body: { query: { text: query }, passages: texts.map((text) => ({ text })), truncate: truncate(cut), ...named },
      }),
      read: (json, count) => inOrder(listIn(json, "rankings"), count).map(({ logit }) => scoreFrom(logit)),
    },
  };
}
