import type { Embedder, RemoteModel, Reranker } from "@bge-js/core";
import { type Double, type Got, type Reply, serve } from "./http-double.js";

/** The models behind the doubles: their numbers are those of this machine. */
export interface Behind {
  readonly embedder?: Embedder;
  /** With scale "logit". */
  readonly reranker?: Reranker;
  readonly key?: string;
  /** Most texts in a request. */
  readonly most?: number;
  readonly model?: string;
}

const sigmoid = (logit: number) => 1 / (1 + Math.exp(-logit));
const base64 = (vector: Float32Array) =>
  Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");
const listOf = (inputs: string | string[]) => (typeof inputs === "string" ? [inputs] : inputs);
const bearer = ({ headers }: Got) => headers.authorization?.replace("Bearer ", "");

/** A model behind a server that speaks as Text Embeddings Inference does. */
export const refer = (url: RemoteModel["url"], more: Partial<RemoteModel> = {}): RemoteModel => ({
  url,
  api: "tei",
  queryInstruction: "",
  ...more,
});

/** Text Embeddings Inference 1.9.3: its paths, limits, status codes and words. */
export function teiDouble(behind: Behind, port?: number): Promise<Double> {
  const { embedder, reranker, key, most = 32, model = "tiny" } = behind;
  const limit = (embedder ?? reranker)!.maxTokens;
  const validation = (error: string): Reply => ({ status: 422, json: { error, error_type: "Validation" } });
  const empty: Reply = { status: 400, json: { error: "`inputs` cannot be empty", error_type: "Empty" } };
  const wrongTask: Reply = {
    status: 424,
    json: { error: "Model is not an embedding model", error_type: "Backend" },
  };
  return serve(async (got) => {
    const { path, body } = got;
    if (path === "/health") return { json: undefined, text: "" };
    if (key !== undefined && bearer(got) !== key) return { status: 401, text: "" };
    if (path === "/info") {
      return {
        json: {
          model_id: model,
          model_sha: "abc",
          model_dtype: "float32",
          model_type: embedder ? { embedding: { pooling: "cls" } } : { reranker: { id2label: {}, label2id: {} } },
          max_concurrent_requests: 512,
          max_input_length: limit,
          max_batch_tokens: 16384,
          max_client_batch_size: most,
          auto_truncate: true,
          version: "1.9.3",
        },
      };
    }
    const texts = listOf(path === "/rerank" ? body.texts : body.inputs);
    if (texts.length === 0 || (path !== "/rerank" && path !== "/tokenize" && texts.includes(""))) return empty;
    if (texts.length > most) return validation(`batch size ${texts.length} > maximum allowed batch size ${most}`);
    if (path === "/rerank") {
      if (reranker === undefined) return wrongTask;
      const scores = await reranker.score(body.query, texts);
      const items = scores.map((score, index) => ({ index, score: body.raw_scores ? score : sigmoid(score) }));
      // Of equal scores the last comes first.
      return { json: items.sort((a, b) => b.score - a.score || b.index - a.index) };
    }
    if (embedder === undefined) return wrongTask;
    const counts = await embedder.countTokens(texts);
    if (path === "/tokenize") {
      return {
        json: counts.map((count) => Array.from({ length: count }, (_, id) => ({ id, text: "", special: false }))),
      };
    }
    const over = counts.find((count) => count > limit);
    if (over !== undefined && body.truncate === false) {
      return validation(`Input validation error: \`inputs\` must have less than ${limit} tokens. Given: ${over}`);
    }
    if (path === "/embed") return { json: (await embedder.embedDocuments(texts)).map((vector) => [...vector]) };
    if (path === "/embed_all") {
      const all = await embedder.embedTokens(texts, { inputType: "document" });
      // Not normalised, as there.
      const row = (data: Float32Array, r: number, d: number) => [...data.slice(r * d, (r + 1) * d)].map((x) => 3 * x);
      return {
        json: all.map(({ data, rows, dimensions }) => Array.from({ length: rows }, (_, r) => row(data, r, dimensions))),
      };
    }
    return { status: 404, text: "" };
  }, port);
}

/** `/v1/embeddings`, `/v1/models` and `/v1/rerank` with relevance scores, out of order. What is too long is cut in silence. */
export function openaiDouble({ embedder, reranker, key, most = 2048, model = "tiny" }: Behind): Promise<Double> {
  return serve(async (got) => {
    const { path, body } = got;
    if (key !== undefined && bearer(got) !== key) {
      return {
        status: 401,
        json: { error: { message: `Incorrect API key provided: ${bearer(got)}.`, code: "invalid" } },
      };
    }
    if (path === "/v1/models") return { json: { object: "list", data: [{ id: model, object: "model" }] } };
    if (body.model !== model) return { status: 404, json: { error: { message: `no model ${body.model}` } } };
    const texts = listOf(path === "/v1/rerank" ? body.documents : body.input);
    if (texts.length > most || texts.length === 0) {
      return { status: 422, json: { detail: [{ type: "too_long", msg: "too many items", input: texts }] } };
    }
    if (path === "/v1/embeddings" && embedder !== undefined) {
      const vectors = await embedder.embedDocuments(texts);
      const data = vectors.map((vector, index) => ({
        object: "embedding",
        index,
        embedding: body.encoding_format === "base64" ? base64(vector) : [...vector],
      }));
      return { json: { object: "list", model, data: data.reverse(), usage: { prompt_tokens: 1, total_tokens: 1 } } };
    }
    if (path === "/v1/rerank" && reranker !== undefined) {
      const scores = await reranker.score(body.query, texts);
      const results = scores.map((score, index) => ({
        index,
        relevance_score: body.raw_scores ? score : sigmoid(score),
      }));
      return { json: { results: results.sort((a, b) => b.relevance_score - a.relevance_score) } };
    }
    return { status: 404, json: { detail: "Not Found" } };
  });
}

/** NVIDIA NIM: sides, no cut unless asked for, and as hosted answers that come later. */
export function nimDouble(behind: Behind & { readonly later?: boolean }): Promise<Double> {
  const { embedder, reranker, key, most = 30, model = "nvidia/tiny", later = false } = behind;
  const waiting = new Map<string, { polls: number; readonly reply: Reply }>();
  const answer = async ({ path, body }: Got): Promise<Reply> => {
    const invalid = (error: string): Reply => ({ status: 400, json: { error } });
    if (path === "/v1/embeddings" && embedder !== undefined) {
      const { input, input_type, truncate } = body;
      if (!["query", "passage"].includes(input_type)) return invalid("'input_type' parameter is required");
      if (input.length > most) return invalid(`batch of ${input.length} is over ${most}`);
      if (input.includes("")) return invalid("input cannot be an empty string");
      const counts = await embedder.countTokens(input as string[], {
        inputType: input_type === "query" ? "query" : "document",
      });
      const over = counts.find((count) => count > embedder.maxTokens);
      if (over !== undefined && truncate !== "END") {
        return invalid(`Input length ${over} exceeds maximum allowed token size ${embedder.maxTokens}`);
      }
      const vectors =
        input_type === "query"
          ? await Promise.all((input as string[]).map((text) => embedder.embedQuery(text)))
          : await embedder.embedDocuments(input);
      const data = vectors.map((vector, index) => ({ object: "embedding", index, embedding: base64(vector) }));
      return { json: { object: "list", model, data: data.reverse() } };
    }
    if (path === "/v1/ranking" && reranker !== undefined) {
      const scores = await reranker.score(
        body.query.text,
        body.passages.map(({ text }: { text: string }) => text),
      );
      const rankings = scores.map((logit, index) => ({ index, logit })).sort((a, b) => b.logit - a.logit);
      return { json: { rankings } };
    }
    return { status: 404, json: { detail: "Not Found" } };
  };
  return serve(async (got) => {
    if (got.path === "/v1/health/ready") return { json: { object: "health.response" } };
    if (key !== undefined && bearer(got) !== key) return { status: 401, json: { title: "Unauthorized" } };
    if (got.path === "/v1/models") return { json: { object: "list", data: [{ id: model }] } };
    const id = got.path.startsWith("/v1/status/") ? got.path.slice("/v1/status/".length) : undefined;
    const held = id === undefined ? undefined : waiting.get(id);
    if (held !== undefined) return held.polls-- > 0 ? { status: 202, headers: { "nvcf-reqid": id! } } : held.reply;
    const reply = await answer(got);
    if (!later || reply.status !== undefined) return reply;
    const next = `request-${waiting.size}`;
    waiting.set(next, { polls: 1, reply });
    return { status: 202, headers: { "nvcf-reqid": next }, text: "" };
  });
}
