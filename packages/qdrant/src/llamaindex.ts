import { checkList, checkOwn, isUrl, metadataOf, nodeText, queryText } from "@bge-js/core/adapter";
import type { AnyDocument } from "@bge-js/retriever";
import type { QueryBundle } from "@llamaindex/core/query-engine";
import { BaseRetriever } from "@llamaindex/core/retriever";
import { type BaseNode, jsonToNode, MetadataMode, type NodeWithScore, TextNode } from "@llamaindex/core/schema";
import type { QdrantAddOptions, QdrantSearchOptions } from "./api.js";
import { type SharedRetriever, type SharedRetrieverFields, sharedRetriever } from "./shared-retriever.js";

export interface BgeQdrantRetrieverFields extends SharedRetrieverFields, Pick<QdrantSearchOptions, "filter"> {
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
  private readonly shared: SharedRetriever;

  /** @throws BgeError `INVALID_OPTION` for anything but a loaded retriever */
  constructor(given: BgeQdrantRetrieverFields) {
    super();
    checkOwn(given, "BgeQdrantRetriever");
    const { topN = 3, metadataMode = MetadataMode.EMBED, ...fields } = given;
    this.shared = sharedRetriever("BgeQdrantRetriever", fields);
    this.topN = topN;
    this.metadataMode = metadataMode;
  }

  /**
   * Stores nodes, those that are not stored already, without their embeddings. A node replaces one with the same `id_`. If
   * some nodes are invalid, such as images without text, all others are stored, and then the promise rejects with an error
   * that names the invalid ones.
   */
  async insertNodes(nodes: readonly BaseNode[], options: QdrantAddOptions = {}): Promise<void> {
    checkList(nodes, "nodes");
    // Anything but a node gets an undefined id and text, which the retriever reports by index.
    const added = nodes.map((node): AnyDocument => {
      const { embedding: _, metadata, ...json } = node?.toJSON?.() ?? {};
      if (isUrl(json["image"])) json["image"] = json["image"].href;
      const text = nodeText(node, this.metadataMode) as string;
      return { id: node?.id_, text, metadata, node: json };
    });
    await this.shared.add(added, options);
  }

  /** Removes nodes by id. Unknown ids are ignored. */
  async deleteNodes(ids: readonly string[]): Promise<void> {
    await this.shared.remove(ids);
  }

  /**
   * Called by `retrieve`. If the query has images, only its text parts are used. Rejects with `INVALID_INPUT` if it has no
   * text.
   */
  override async _retrieve({ query }: QueryBundle): Promise<NodeWithScore[]> {
    const results = await this.shared.search(queryText(query), this.topN);
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
