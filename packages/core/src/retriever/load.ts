import type { AnyDocument, Retriever, RetrieverDocument, RetrieverOptions } from "./api.js";

/**
 * Loads a retriever: documents in memory, found by words and by vectors, and, where asked for, the best of them read again by late
 * interaction and by a cross-encoder.
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
