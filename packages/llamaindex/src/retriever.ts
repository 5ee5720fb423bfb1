import {
  callOptions,
  checkList,
  metadataOf,
  optionalPackage,
  type RetrieverFields,
  type RetrieverHandle,
  retrieverFields,
  retrieverHandle,
} from "@bge-js/core/adapter";
import type { AddOptions, AnyDocument, Retriever, RetrieverOptions } from "@bge-js/retriever";
import type { QueryBundle } from "@llamaindex/core/query-engine";
import { BaseRetriever } from "@llamaindex/core/retriever";
import { type BaseNode, MetadataMode, type NodeWithScore, TextNode } from "@llamaindex/core/schema";
import { nodeText, queryText } from "./text.js";

/** The options of `loadRetriever` of `@bge-js/retriever`, or a loaded `retriever` without them; and those of a search. */
export interface BgeRetrieverFields extends RetrieverFields<BaseNode, Retriever>, RetrieverOptions {
  /** Which metadata stand before a node's text when it is read. @default MetadataMode.EMBED, as in LlamaIndex's own indices */
  readonly metadataMode?: MetadataMode;
}

/**
 * A retriever for LlamaIndex.TS that needs no index: nodes in this process's memory, found by words (BM25) and by vectors, the best
 * of them read again by late interaction and a cross-encoder as the options say.
 *
 * What is returned are the nodes that were inserted, unchanged, best first, with a score for the order alone, comparable within one
 * search. `Settings.embedModel` is not used. The models are loaded by the first call, once for all callers; a failed load is tried
 * again by the next call. Every method rejects with a `BgeError` of `@bge-js/core`, or with the reason of the `signal`.
 *
 * ```ts
 * const retriever = await BgeRetriever.fromNodes(Settings.nodeParser.getNodesFromDocuments(documents), { topN: 5 });
 * const [best] = await retriever.retrieve("How do I watch a folder for changes?");
 * new BgeRetriever({ embedder: "BAAI/bge-base-en-v1.5", reranker: "BAAI/bge-reranker-v2-m3", budgetMs: 300 });
 * new BgeRetriever(retriever); // shares a loaded Retriever; with options of a search: { retriever, topN: 5 }
 * ```
 */
export class BgeRetriever extends BaseRetriever implements AsyncDisposable {
  readonly topN: number;
  readonly metadataMode: MetadataMode;
  // Not #private: tracers call methods on a Proxy.
  private readonly retriever: RetrieverHandle<BaseNode>;
  private readonly signal: AbortSignal | undefined;

  /** Loads nothing. Throws `INVALID_OPTION` for a loaded thing that is no retriever, or that comes with options of `loadRetriever`. */
  constructor(input: Retriever | BgeRetrieverFields = {}) {
    super();
    const fields = retrieverFields<BgeRetrieverFields>(input);
    const { topN = 3, metadataMode = MetadataMode.EMBED, signal, ...options } = fields;
    this.topN = topN;
    this.metadataMode = metadataMode;
    this.retriever = retrieverHandle("BgeRetriever", options, loadRetriever, toNode);
    this.signal = signal;
  }

  /** A retriever that holds these nodes; `input` is the constructor's. What was loaded is freed if a node cannot be used. */
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
   * Adds nodes, whose text is read now. Documents are nodes, too, but are not split here. A node takes the place of one with the same
   * `id_`. If some cannot be used, images without text among them, all others are added, and then the promise rejects with an error
   * that names them.
   */
  async insertNodes(nodes: readonly BaseNode[], options: AddOptions = {}): Promise<void> {
    checkList(nodes, "nodes");
    // An id or a text that is undefined, core reports by its index.
    const added = nodes.map(
      (node) => ({ id: node?.id_, text: nodeText(node, this.metadataMode), node }) as AnyDocument,
    );
    await this.retriever.add(added, { ...options, ...callOptions(this.signal, options.signal) });
  }

  /** Takes nodes out by their ids; ids that are not there are passed over. */
  async deleteNodes(ids: readonly string[]): Promise<void> {
    await this.retriever.remove(ids);
  }

  /** Called by `retrieve`. Of a query with images the text parts are used; without text it rejects with `INVALID_INPUT`. */
  override async _retrieve({ query }: QueryBundle): Promise<NodeWithScore[]> {
    const options = { topN: this.topN, ...callOptions(this.signal, undefined) };
    const found = await this.retriever.search(queryText(query), options);
    return found.map(({ document, score }) => ({ node: document, score }));
  }

  /** Frees the nodes and the models if they were loaded here, never a shared retriever; later calls reject with `DISPOSED`. */
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

/** Of a document that was put into a shared retriever elsewhere, all further fields are metadata. */
function toNode(document: AnyDocument): BaseNode {
  const { id, text, node } = document;
  if (isNode(node)) return node;
  return new TextNode({ id_: id, text, metadata: metadataOf(document) });
}

/** By shape, not by class: the node may come from another copy of LlamaIndex. */
function isNode(value: unknown): value is BaseNode {
  return typeof value === "object" && value !== null && "id_" in value && "getContent" in value;
}
