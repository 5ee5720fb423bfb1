import { Failure, validation } from "./failure.js";
import { type Body, countOf, flagOf, isGiven, textOf, textsOf } from "./fields.js";
import type { Context, Route } from "./route.js";

interface Ranked {
  readonly index: number;
  readonly score: number;
}

/** `POST /rerank` and `/v1/rerank`. TEI's requests have `texts`, those of Cohere, Jina and infinity `documents`. */
export const rerank: Route = (body, context) =>
  isGiven(body, "documents") ? rerankDocuments(body, context) : rerankTexts(body, context);

const rerankTexts: Route = async (body, context) => {
  const { texts } = textsOf(body, "texts", context.settings.maxBatchTexts);
  const withText = flagOf(body, "return_text", false);
  const ranked = await rank(body, texts, context);
  return ranked.map((one) => (withText ? { ...one, text: texts[one.index] } : one));
};

const rerankDocuments: Route = async (body, context) => {
  const { maxBatchTexts } = context.settings;
  const documents = body["documents"];
  // Cohere's and Jina's documents may be objects.
  const given = Array.isArray(documents)
    ? documents.map((one: unknown) =>
        typeof one === "object" && one !== null ? (one as { text?: unknown }).text : one,
      )
    : documents;
  const { texts } = textsOf({ documents: given }, "documents", maxBatchTexts);
  const topN = countOf(body, "top_n", Number.MAX_SAFE_INTEGER);
  const withDocuments = flagOf(body, "return_documents", false);
  const ranked = (await rank(body, texts, context)).slice(0, topN);
  const results = ranked.map(({ index, score }) => ({
    index,
    relevance_score: score,
    ...(withDocuments ? { document: { text: texts[index] } } : {}),
  }));
  return { object: "rerank", model: context.models.reranker!.any.spec.id, results };
};

async function rank(body: Body, texts: readonly string[], { models, settings, signal }: Context): Promise<Ranked[]> {
  const { reranker } = models;
  if (reranker === undefined) throw new Failure(424, "Backend", "Model is not a re-ranker model");
  const query = textOf(body, "query");
  if (query.trim() === "") throw validation("`query` cannot be empty");
  const raw = flagOf(body, "raw_scores", false);
  const model = reranker.use({ cut: flagOf(body, "truncate", settings.autoTruncate) });
  const ranked = await model.rerank(query, texts, { signal });
  // Cosines and the like are as they are.
  if (raw || model.scale !== "logit") return ranked.map(({ index, score }) => ({ index, score }));
  return ranked.map(({ index, score }) => ({ index, score: 1 / (1 + Math.exp(-score)) }));
}
