import { BgeError, type Reranker } from "@bge-js/core";
import {
  type AdapterFields,
  type AdapterModel,
  adapterFields,
  callOptions,
  type ModelHandle,
  rerankerHandle,
} from "@bge-js/core/adapter";
import type { MessageContent } from "@llamaindex/core/llms";
import type { BaseNodePostprocessor } from "@llamaindex/core/postprocessor";
import { MetadataMode, type NodeWithScore } from "@llamaindex/core/schema";
import { nodeTexts, queryText } from "./text.js";

/** A model and the load options of `@bge-js/core`; `model` may be a loaded `Reranker`, then without load options. */
export interface BgeRerankerFields extends AdapterFields<Reranker> {
  /** At most this many nodes are kept. @default 3 */
  readonly topN?: number;
  /** Only nodes scored at least this, in the scale of the scores; refused where that is "fused". @default none */
  readonly threshold?: number;
  /** As in `LoadOptions` of `@bge-js/core`. @default "sigmoid"; "fused" where neither a model nor a `threshold` is given */
  readonly scale?: "logit" | "sigmoid" | "fused";
  /** Which metadata stand before a node's text when it is read. @default MetadataMode.EMBED, as in the index */
  readonly metadataMode?: MetadataMode;
}

/**
 * A local reranker for LlamaIndex.TS: a node postprocessor.
 * Without a model it is `scale: "fused"`: late interaction with bge-small-en-v1.5 over all nodes, and the small cross-encoder
 * bge-js/reranker-small-en over its best. Fused scores are for the order of one call alone: with a `threshold` the default is
 * that cross-encoder's sigmoid.
 *
 * Scores of a model that is named are a cross-encoder's sigmoid (`scale: "logit"` for the raw logit) or the cosine of late
 * interaction. A shared `Reranker` keeps its own scale. Loading, errors and `dispose` are as in `BgeEmbedding`.
 *
 * ```ts
 * new BgeReranker(); // the embedded models, topN 3
 * new BgeReranker("BAAI/bge-reranker-v2-m3");
 * new BgeReranker({ model: "./my-reranker", topN: 5, threshold: 0.2 });
 * new BgeReranker("BAAI/bge-small-en-v1.5"); // late interaction alone
 * new BgeReranker({ model: reranker, topN: 5 }); // shares a loaded Reranker; new BgeReranker(reranker) for topN 3
 * ```
 */
export class BgeReranker implements BaseNodePostprocessor, AsyncDisposable {
  readonly topN: number;
  readonly threshold: number | undefined;
  readonly metadataMode: MetadataMode;
  // Not #private: tracers call methods on a Proxy.
  private readonly reranker: ModelHandle<Reranker>;
  private readonly signal: AbortSignal | undefined;

  /**
   * Loads nothing. Throws `INVALID_OPTION` for a loaded model that is not a reranker, or that comes with load options, and for a
   * `threshold` of fused scores.
   */
  constructor(input: AdapterModel<Reranker> | BgeRerankerFields = {}) {
    const fields = adapterFields<Reranker, BgeRerankerFields>(input);
    const { model, topN = 3, threshold, metadataMode = MetadataMode.EMBED, signal, ...options } = fields;
    this.topN = topN;
    this.threshold = threshold;
    this.metadataMode = metadataMode;
    this.reranker = rerankerHandle("BgeReranker", model, options, threshold);
    this.signal = signal;
  }

  /**
   * The best `topN` nodes with the reranker's score, best first, equal scores in input order; `[]` for `[]`. The nodes are
   * the caller's, unchanged. Of a query with images the text parts are used. Rejects with `INVALID_INPUT` for a query without
   * text, and for images without text among the nodes, whose indices it names.
   */
  async postprocessNodes(nodes: readonly NodeWithScore[], query?: MessageContent): Promise<NodeWithScore[]> {
    if (query === undefined) {
      throw new BgeError("INVALID_INPUT", "BgeReranker needs the query to rank nodes by.", { parameter: "query" });
    }
    const { topN, threshold } = this;
    const text = queryText(query);
    const texts = nodeTexts(nodes, this.metadataMode);
    const limits = threshold === undefined ? { topN } : { topN, threshold };
    const options = { ...limits, ...callOptions(this.signal, undefined) };
    const reranker = await this.reranker.get();
    const ranked = await reranker.rerank(text, texts, options);
    return ranked.map(({ index, score }) => ({ node: nodes[index]!.node, score })); // a ranking's indices are of this list
  }

  /** Frees the model if it was loaded here, never a shared one; later calls reject with `DISPOSED`. */
  dispose(): Promise<void> {
    return this.reranker.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
