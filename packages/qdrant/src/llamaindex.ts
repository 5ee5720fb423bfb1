import { checkList, invalid, metadataOf } from "@bge-js/core/adapter";
import type { AnyDocument } from "@bge-js/retriever";
import type { QueryBundle } from "@llamaindex/core/query-engine";
import { BaseRetriever } from "@llamaindex/core/retriever";
import { type BaseNode, jsonToNode, MetadataMode, type NodeWithScore, TextNode } from "@llamaindex/core/schema";
import { extractText } from "@llamaindex/core/utils";
import type { QdrantAddOptions, QdrantRetriever, QdrantSearchOptions } from "./api.js";

export interface BgeQdrantRetrieverFields extends Omit<QdrantSearchOptions, "topN"> {
  /** A loaded retriever, which is shared and not disposed. */
  readonly retriever: QdrantRetriever;
  /** Maximum number of nodes returned. @default 3 */
  readonly topN?: number;
  /** Which metadata precede a node's text for the models. @default MetadataMode.EMBED */
  readonly metadataMode?: MetadataMode;
}

/**
 * A retriever for LlamaIndex.TS over a collection of `loadQdrantRetriever`, which needs no index and no
 * `Settings.embedModel`. Metadata are kept under `metadata`, which filters name: `metadata.page`. Scores are comparable only
 * within one search.
 *
 * @example
 * ```ts
 * const retriever = new BgeQdrantRetriever({ retriever: await loadQdrantRetriever({ client, collection: "docs" }) });
 * await retriever.insertNodes(Settings.nodeParser.getNodesFromDocuments(documents));
 * const [best] = await retriever.retrieve("How do I watch a folder for changes?");
 * ```
 */
export class BgeQdrantRetriever extends BaseRetriever {
  readonly topN: number;
  readonly metadataMode: MetadataMode;
  // Not #private, because tracers call methods on a Proxy.
  private readonly retriever: QdrantRetriever;
  private readonly options: Omit<QdrantSearchOptions, "topN">;

  /** @throws BgeError `INVALID_OPTION` for anything but a loaded retriever */
  constructor({ retriever, topN = 3, metadataMode = MetadataMode.EMBED, ...options }: BgeQdrantRetrieverFields) {
    super();
    if (typeof retriever?.search !== "function" || !("collection" in retriever)) {
      throw invalid("retriever", "must be a retriever of loadQdrantRetriever; await it first");
    }
    this.topN = topN;
    this.metadataMode = metadataMode;
    this.retriever = retriever;
    this.options = options;
  }

  /** Stores nodes, those that are not stored already, without their embeddings. A node replaces one with the same `id_`. */
  async insertNodes(nodes: readonly BaseNode[], options: QdrantAddOptions = {}): Promise<void> {
    checkList(nodes, "nodes");
    // Anything but a node gets an undefined id and text, which the retriever reports by index.
    const added = nodes.map((node): AnyDocument => {
      const { embedding: _, metadata, ...json } = node?.toJSON?.() ?? {};
      const text = node?.getContent?.(this.metadataMode) as string;
      return { id: node?.id_, text, metadata, node: json };
    });
    const { signal } = this.options;
    await this.retriever.add(added, { ...(signal && { signal }), ...options });
  }

  /** Removes nodes by id. Unknown ids are ignored. */
  async deleteNodes(ids: readonly string[]): Promise<void> {
    await this.retriever.remove(ids);
  }

  /** Called by `retrieve`. If the query has images, only its text parts are used. */
  override async _retrieve({ query }: QueryBundle): Promise<NodeWithScore[]> {
    const { results } = await this.retriever.search(extractText(query), { ...this.options, topN: this.topN });
    return results.map(({ document, score }) => ({ node: toNode(document), score }));
  }
}

/** Documents that were added elsewhere become text nodes. */
function toNode(document: AnyDocument): BaseNode {
  const { id, text, metadata, node } = document;
  const isNode = typeof node === "object" && node !== null && "type" in node;
  if (isNode) return jsonToNode({ ...node, metadata });
  return new TextNode({ id_: id, text, metadata: metadataOf(document) });
}
