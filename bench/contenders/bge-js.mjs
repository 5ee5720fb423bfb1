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

/** Of pictures' paths: a list is its own affair, too. */
export async function loadPictures({ folder, dtype, threads }) {
  const { loadMultimodalEmbedder } = await import("../../packages/core/bundle/multimodal.js");
  const embedder = await loadMultimodalEmbedder(folder, { dtype, threads });
  return {
    embed: (paths) => embedder.embed(paths.map((image) => ({ image }))),
    dispose: () => embedder.dispose(),
  };
}

/** An index with kept rows, which has the built core and not the bundle under it, and rerankers that saw the documents. */
export async function loadSearching(model) {
  const { loadRetriever } = await import("@bge-js/retriever");
  const core = await import("@bge-js/core");
  const options = { dtype: model.dtype, threads: model.threads, truncation: "silent" };
  const embedder = await core.loadEmbedder(undefined, options);
  const reranker = await core.loadReranker(undefined, options);
  const late = await core.loadReranker(embedder.spec.id, options);
  const retriever = await loadRetriever({ embedder, reranker, lateInteraction: true });
  const hundred = [];
  const search = (stages) => (text) => retriever.search(text, { topN: 10, ...(stages && { stages }) });
  return {
    async add(texts) {
      await retriever.add(texts.map((text, i) => ({ id: String(i), text })));
      hundred.push(...texts.slice(0, 100));
      await late.rerank(texts[0], hundred);
      await reranker.rerank(texts[0], hundred);
    },
    embed: (texts) => embedder.embedDocuments(texts),
    ways: {
      "words and vectors": search(["lexical", "dense"]),
      "without the cross-encoder": search(["lexical", "dense", "lateInteraction"]),
      "as by default": search(),
      "rerank 100 seen, late interaction": (text) => late.rerank(text, hundred),
      "rerank 100 seen, by default": (text) => reranker.rerank(text, hundred),
    },
    dispose: () => Promise.all([retriever, late, reranker, embedder].map((one) => one.dispose())),
  };
}
