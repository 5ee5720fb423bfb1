import type { AnyDocument, Retriever, RetrieverDocument, RetrieverOptions } from "./api.js";

/**
 * Loads a retriever: documents in memory, found by words and by vectors, the best of them read again by late interaction and by a
 * cross-encoder, as far as the embedder has them.
 *
 * @throws BgeError as `loadEmbedder` and `loadReranker`
 */
export async function loadRetriever<D extends RetrieverDocument = AnyDocument>(
  options: RetrieverOptions = {},
): Promise<Retriever<D>> {
  // Who only embeds or reranks does not wait for its modules.
  const { openRetriever } = await import("./retriever.js");
  return openRetriever<D>(options);
}
