// As it is published: `tools/bundle.mjs` writes it.
import { loadEmbedder, loadReranker } from "../../packages/core/bundle/index.js";
import { referenceOf } from "../models.mjs";

/** Batches are its own affair: `batchSize` is not looked at. The instruction is off, as the peers have none. */
export async function loadEmbedding(model) {
  const options = { dtype: model.dtype, threads: model.threads, truncation: "silent", queryInstruction: false };
  const embedder = await loadEmbedder(referenceOf(model), options);
  return {
    embed: (texts, { signal } = {}) => embedder.embedDocuments(texts, signal ? { signal } : {}),
    embedQuery: (text) => embedder.embedQuery(text),
    countTokens: (texts) => embedder.countTokens(texts),
    dispose: () => embedder.dispose(),
  };
}

export async function loadReranking(model) {
  const { dtype, threads, task } = model;
  const facts = task === "cross-encoder" ? { kind: "reranker" } : { lateInteraction: true };
  const options = { dtype, threads, truncation: "silent" };
  const reranker = await (task === "fused"
    ? loadReranker(undefined, { ...options, scale: "fused" })
    : loadReranker({ ...referenceOf(model), ...facts }, options));
  return {
    score: (query, passages) => reranker.score(query, passages),
    dispose: () => reranker.dispose(),
  };
}
