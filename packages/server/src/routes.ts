import { embed, embedAll, embedSparse, openaiEmbeddings, similarity } from "./embeddings.js";
import { info, list, tokenize } from "./facts.js";
import { isGiven } from "./fields.js";
import { rerank } from "./reranking.js";
import type { Route } from "./route.js";

/** `POST /`, which clients use that know nothing but an address, such as Hugging Face's. */
const root: Route = (body, context) => (isGiven(body, "query") ? rerank : embed)(body, context);

export const POST: Readonly<Record<string, Route>> = {
  "/": root,
  "/embed": embed,
  "/embed_all": embedAll,
  "/embed_sparse": embedSparse,
  "/rerank": rerank,
  "/v1/rerank": rerank,
  "/similarity": similarity,
  "/tokenize": tokenize,
  "/embeddings": openaiEmbeddings,
  "/v1/embeddings": openaiEmbeddings,
};

export const GET: Readonly<Record<string, Route>> = { "/info": info, "/models": list, "/v1/models": list };

/** The methods that a path takes. */
export function methodsOf(path: string): string[] {
  return [...(Object.hasOwn(GET, path) ? ["GET", "HEAD"] : []), ...(Object.hasOwn(POST, path) ? ["POST"] : [])];
}

/** True for a path whose clients expect OpenAI's form of an error. */
export function isOpenai(path: string): boolean {
  return path.startsWith("/v1/") || path === "/embeddings" || path === "/models";
}
