import { Failure, validation } from "./failure.js";
import { flagOf, textsOf } from "./fields.js";
import type { Route } from "./route.js";

/** More would hold up other requests: tokens are made on this thread. */
const MOST_TOKENIZED_CHARACTERS = 1 << 18;

/** `GET /info`, with TEI's fields. A server with both models states the reranker's in `model_type.reranker`. */
export const info: Route = async (_, { models: { embedder, reranker }, settings }) => {
  const main = embedder?.any ?? reranker!.any;
  const { spec, source, maxTokens } = main;
  const { dtype } = source;
  return {
    model_id: spec.id,
    model_sha: source.fingerprint,
    model_dtype: { fp32: "float32", fp16: "float16", int8: "int8", unknown: "unknown" }[dtype],
    model_type: {
      ...(embedder === undefined ? {} : { embedding: { pooling: poolingOf(embedder.any.spec.pooling) } }),
      ...(reranker === undefined
        ? {}
        : { reranker: { model_id: reranker.any.spec.id, max_input_length: reranker.any.maxTokens } }),
    },
    max_concurrent_requests: settings.maxConcurrentRequests,
    max_input_length: maxTokens,
    max_client_batch_size: settings.maxBatchTexts,
    auto_truncate: settings.autoTruncate,
    version: "bge-js",
  };
};

/** `GET /v1/models`, as OpenAI defines it. */
export const list: Route = async (_, { models: { embedder, reranker } }) => ({
  object: "list",
  data: [embedder, reranker]
    .filter((model) => model !== undefined)
    .map(({ any }) => ({ id: any.spec.id, object: "model", owned_by: "bge-js" })),
});

/** `POST /tokenize`: the tokens of each text. Where they begin and end in it is not known. */
export const tokenize: Route = async (body, { models: { embedder }, settings }) => {
  if (embedder === undefined) throw new Failure(424, "Backend", "Only the tokenizer of an embedding model is served");
  const { texts } = textsOf(body, "inputs", settings.maxBatchTexts);
  const broken = texts.findIndex((text) => !text.isWellFormed());
  if (broken >= 0) throw validation(`\`inputs\` has half a surrogate pair at index ${broken}`);
  const characters = texts.reduce((sum, text) => sum + text.length, 0);
  if (characters > MOST_TOKENIZED_CHARACTERS) {
    const message = `${characters} characters to tokenize are over ${MOST_TOKENIZED_CHARACTERS}`;
    throw new Failure(413, "Validation", message);
  }
  const framed = flagOf(body, "add_special_tokens", true);
  const { encode, decode, frame } = embedder.tokenizer();
  const token = (special: boolean) => (id: number) => ({ id, text: decode([id]), special, start: null, stop: null });
  return texts.map((text) => {
    const tokens = encode(text).map(token(false));
    if (!framed) return tokens;
    return [...frame.before.map(token(true)), ...tokens, ...frame.behind.map(token(true))];
  });
};

function poolingOf(pooling: string): string {
  return pooling.replace("-", "_");
}
