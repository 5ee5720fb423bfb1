import {
  callOptions,
  checkList,
  metadataOf,
  nodeText,
  optionalPackage,
  queryText,
  type RetrieverFields,
  type RetrieverHandle,
  retrieverFields,
  retrieverHandle,
} from "@bge-js/core/adapter";
import type { AddOptions, AnyDocument, Retriever, RetrieverOptions } from "@bge-js/retriever";
import type { QueryBundle } from "@llamaindex/core/query-engine";
import { BaseRetriever } from "@llamaindex/core/retriever";
import { type BaseNode, jsonToNode, MetadataMode, type NodeWithScore, TextNode } from "@llamaindex/core/schema";

/** The options of `loadRetriever` of `@bge-js/retriever` (or a loaded `retriever` instead), and search options. */
export interface BgeRetrieverFields extends RetrieverFields<BaseNode, Retriever>, RetrieverOptions {
  /**
   * Which metadata precede a node's text for the models. @default MetadataMode.EMBED, as in LlamaIndex's own indices
   */
  readonly metadataMode?: MetadataMode;
}

/**
 * A retriever for LlamaIndex.TS that needs no index: it holds nodes in memory or in a `directory` and finds them by words
 * (BM25) and by vectors. Late interaction and a cross-encoder rescore the best of them, depending on the options.
 *
 * Returns the inserted nodes, unchanged (from a directory: equal ones), best first, with a score that is comparable only within one search. Does not
 * use `Settings.embedModel`. The first call loads the models, once for all callers; if loading fails, the next call
 * tries again. Every method rejects with a `BgeError` of `@bge-js/core`, or with the reason of the aborted `signal`.
 *
 * @example
 * ```ts
 * const retriever = await BgeRetriever.fromNodes(Settings.nodeParser.getNodesFromDocuments(documents), { topN: 5 });
 * const [best] = await retriever.retrieve("How do I watch a folder for changes?");
 * new BgeRetriever({ embedder: "BAAI/bge-base-en-v1.5", reranker: "BAAI/bge-reranker-v2-m3", budgetMs: 300 });
 * new BgeRetriever(retriever); // shares a loaded Retriever; with search options: { retriever, topN: 5 }
 * ```
 */
export class BgeRetriever extends BaseRetriever implements AsyncDisposable {
  readonly topN: number;
  readonly metadataMode: MetadataMode;
  // Not #private, because tracers call methods on a Proxy.
  private readonly retriever: RetrieverHandle<BaseNode>;
  private readonly signal: AbortSignal | undefined;
  /** Whether nodes are kept on disk, as JSON. */
  private readonly asJson: boolean;

  /**
   * Loads nothing yet.
   *
   * @throws BgeError `INVALID_OPTION` for a loaded object that is not a retriever, or that is combined with options of
   * `loadRetriever`
   */
  constructor(input: Retriever | BgeRetrieverFields = {}) {
    super();
    const fields = retrieverFields<BgeRetrieverFields>(input);
    const { topN = 3, metadataMode = MetadataMode.EMBED, signal, ...options } = fields;
    this.topN = topN;
    this.metadataMode = metadataMode;
    this.retriever = retrieverHandle("BgeRetriever", options, loadRetriever, toNode);
    this.signal = signal;
    this.asJson = (fields.retriever?.directory ?? fields.directory) !== undefined;
  }

  /**
   * Creates a retriever with these nodes. `input` is as for the constructor. If a node is invalid, frees what was
   * loaded.
   */
  static async fromNodes(
    nodes: readonly BaseNode[],
    input: Retriever | BgeRetrieverFields = {},
    options: AddOptions = {},
  ): Promise<BgeRetriever> {
    const retriever = new BgeRetriever(input);
    try {
      await retriever.insertNodes(nodes, options);
      return retriever;
    } catch (error) {
      await retriever.dispose();
      throw error;
    }
  }

  /**
   * Adds nodes, whose text is read now. Documents are accepted as nodes, but not split. A node replaces one with the
   * same `id_`. If some nodes are invalid, such as images without text, all others are added, and then the promise
   * rejects with an error that names the invalid ones.
   */
  async insertNodes(nodes: readonly BaseNode[], options: AddOptions = {}): Promise<void> {
    checkList(nodes, "nodes");
    // Core reports an undefined id or text by index.
    const added = nodes.map(
      (node) =>
        ({
          id: node?.id_,
          text: nodeText(node, this.metadataMode),
          node: this.asJson && isNode(node) ? node.toJSON() : node,
        }) as AnyDocument,
    );
    await this.retriever.add(added, { ...options, ...callOptions(this.signal, options.signal) });
  }

  /** Removes nodes by id. Unknown ids are ignored. */
  async deleteNodes(ids: readonly string[]): Promise<void> {
    await this.retriever.remove(ids);
  }

  /**
   * Called by `retrieve`. If the query has images, only its text parts are used. Rejects with `INVALID_INPUT` if it has
   * no text.
   */
  override async _retrieve({ query }: QueryBundle): Promise<NodeWithScore[]> {
    const options = { topN: this.topN, ...callOptions(this.signal, undefined) };
    const found = await this.retriever.search(queryText(query), options);
    return found.map(({ document, score }) => ({ node: document, score }));
  }

  /**
   * Frees the nodes and models if this instance loaded them, but never a shared retriever. Later calls reject with
   * `DISPOSED`.
   */
  dispose(): Promise<void> {
    return this.retriever.dispose();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}

async function loadRetriever(options: RetrieverOptions): Promise<Retriever> {
  const retriever = await optionalPackage("@bge-js/retriever", "BgeRetriever", () => import("@bge-js/retriever"));
  return retriever.loadRetriever(options);
}

/** Converts a document that was added to a shared retriever elsewhere: all its additional fields become metadata. */
function toNode(document: AnyDocument): BaseNode {
  const { id, text, node } = document;
  if (isNode(node)) return node;
  if (isNodeJson(node)) return jsonToNode(node);
  return new TextNode({ id_: id, text, metadata: metadataOf(document) });
}

/** Checks the shape, not the class: the node may come from another copy of LlamaIndex. */
function isNode(value: unknown): value is BaseNode {
  return typeof value === "object" && value !== null && "id_" in value && "getContent" in value;
}

/** What `toJSON` made of a node. */
function isNodeJson(node: unknown): node is { readonly id_: string; readonly type: string } {
  return typeof node === "object" && node !== null && "id_" in node && "type" in node;
}
