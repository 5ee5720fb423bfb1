import { BgeError, type Reranker } from "@bge-js/core";
import {
  type AdapterFields,
  type AdapterModel,
  adapterFields,
  type BudgetFields,
  budgetOptions,
  callOptions,
  type ModelHandle,
  queryText,
  rerankerHandle,
} from "@bge-js/core/adapter";
import type { MessageContent } from "@llamaindex/core/llms";
import type { BaseNodePostprocessor } from "@llamaindex/core/postprocessor";
import { MetadataMode, type NodeWithScore } from "@llamaindex/core/schema";
import { nodeTexts } from "./text.js";

/** A model and the load options of `@bge-js/core`. `model` may be a loaded `Reranker`, without load options. */
export interface BgeRerankerFields extends AdapterFields<Reranker>, BudgetFields {
  /** Maximum number of nodes to keep. @default 3 */
  readonly topN?: number;
  /** Minimum score of the nodes to keep, on the scale of the scores. Rejected if that is "fused". @default none */
  readonly threshold?: number;
  /** As in `LoadOptions` of `@bge-js/core`. @default "sigmoid"; "fused" where neither a model nor a `threshold` is given */
  readonly scale?: "logit" | "sigmoid" | "fused";
  /** Which metadata precede a node's text for the model. @default MetadataMode.EMBED, as in the index */
  readonly metadataMode?: MetadataMode;
}

/**
 * A local reranker for LlamaIndex.TS: a node postprocessor. Without a model, it uses `scale: "fused"`: late interaction
 * with bge-small-en-v1.5 over all nodes, and the small cross-encoder bge-js/reranker-small-en over the best of them.
 * Fused scores are comparable only within one call, so with a `threshold` the default is the sigmoid of that
 * cross-encoder.
 *
 * With a named model, scores are a cross-encoder's sigmoid (its raw logit with `scale: "logit"`) or the cosine of late
 * interaction. A shared `Reranker` keeps its own scale. Loading, errors and `dispose` work as in `BgeEmbedding`.
 *
 * @example
 * ```ts
 * new BgeReranker(); // the embedded models, topN 3
 * new BgeReranker("BAAI/bge-reranker-v2-m3");
 * new BgeReranker({ model: "./my-reranker", topN: 5, threshold: 0.2 });
 * new BgeReranker("BAAI/bge-small-en-v1.5"); // only late interaction
 * new BgeReranker({ model: reranker, topN: 5 }); // shares a loaded Reranker; new BgeReranker(reranker) for topN 3
 * ```
 */
export class BgeReranker implements BaseNodePostprocessor, AsyncDisposable {
  readonly topN: number;
  readonly threshold: number | undefined;
  readonly metadataMode: MetadataMode;
  // Not #private, because tracers call methods on a Proxy.
  private readonly reranker: ModelHandle<Reranker>;
  private readonly signal: AbortSignal | undefined;
  private readonly budget: BudgetFields;

  /**
   * Loads nothing yet.
   *
   * @throws BgeError `INVALID_OPTION` for a loaded model that is not a reranker or is combined with load options, and
   * for a `threshold` on fused scores
   */
  constructor(input: AdapterModel<Reranker> | BgeRerankerFields = {}) {
    const fields = adapterFields<Reranker, BgeRerankerFields>(input);
    const {
      model,
      topN = 3,
      threshold,
      metadataMode = MetadataMode.EMBED,
      signal,
      budgetMs,
      onSkipped,
      ...options
    } = fields;
    this.topN = topN;
    this.threshold = threshold;
    this.metadataMode = metadataMode;
    this.reranker = rerankerHandle("BgeReranker", model, options, threshold);
    this.signal = signal;
    this.budget = budgetOptions("BgeReranker", {
      ...(budgetMs !== undefined && { budgetMs }),
      ...(onSkipped !== undefined && { onSkipped }),
    });
  }

  /**
   * Returns the best `topN` nodes with the reranker's scores, best first, ties in input order; `[]` for `[]`. The nodes
   * are the caller's, unchanged. If the query has images, only its text parts are used. Rejects with `INVALID_INPUT`
   * for a query without text, and for images without text among the nodes, whose indices it names.
   */
  async postprocessNodes(nodes: readonly NodeWithScore[], query?: MessageContent): Promise<NodeWithScore[]> {
    if (query === undefined) {
      throw new BgeError("INVALID_INPUT", "BgeReranker needs a query by which to rank the nodes.", {
        parameter: "query",
      });
    }
    const { topN, threshold } = this;
    const text = queryText(query);
    const texts = nodeTexts(nodes, this.metadataMode);
    // The caller may use the list for something else while the model loads.
    const given = nodes.slice();
    const limits = threshold === undefined ? { topN } : { topN, threshold };
    const options = { ...limits, ...this.budget, ...callOptions(this.signal, undefined) };
    const reranker = await this.reranker.get(this.signal);
    const ranked = await reranker.rerank(text, texts, options);
    return ranked.map(({ index, score }) => ({ node: given[index]!.node, score })); // a ranking's indices refer to this list
  }

  /** Frees the model if this instance loaded it, but never a shared one. Later calls reject with `DISPOSED`. */
  dispose(): Promise<void> {
    return this.reranker.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
