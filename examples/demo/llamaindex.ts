import { BgeEmbedding, BgeReranker } from "@bge-js/llamaindex";
import { QdrantVectorStore } from "@llamaindex/qdrant";
import {
  MetadataMode,
  type NodeWithScore,
  Settings,
  storageContextFromDefaults,
  TextNode,
  VectorStoreIndex,
} from "llamaindex";
import type { SourceText } from "./documents.js";
import { CANDIDATES, type Hit, type Models, type SearchIndex, TOP_N } from "./framework.js";
import { type Collection, INSERT_SIZE } from "./qdrant.js";
import { inSlices } from "./slices.js";

export async function llamaindexIndex(
  { embedder, reranker, signal }: Models,
  collection?: Collection,
): Promise<SearchIndex> {
  Settings.embedModel = new BgeEmbedding({ model: embedder, signal }); // the only place where VectorStoreIndex looks
  const postprocessor = new BgeReranker({ model: reranker, topN: TOP_N, signal });
  const index =
    collection === undefined
      ? await VectorStoreIndex.init({ nodes: [], storageContext: await storageContextFromDefaults({}) })
      : await VectorStoreIndex.fromVectorStore(lossless(collection));
  const retriever = index.asRetriever({ similarityTopK: CANDIDATES });
  return {
    async add(texts) {
      for (const slice of inSlices(texts, collection === undefined ? texts.length : INSERT_SIZE)) {
        await index.insertNodes(slice.map(toNode));
      }
    },
    async search(question) {
      const start = performance.now();
      const candidates = await retriever.retrieve({ query: question });
      const retrieved = performance.now();
      const best = await postprocessor.postprocessNodes(candidates, question);
      const reranked = performance.now();
      const rank = new Map(candidates.map(({ node }, index) => [node.id_, index + 1]));
      return {
        hits: best.map((hit) => toHit(hit, rank.get(hit.node.id_)!)), // what was reranked was retrieved
        candidates: candidates.length,
        retrieveMs: retrieved - start,
        rerankMs: reranked - retrieved,
      };
    },
  };
}

/**
 * Creates a store that loses no nodes. With any batch size below the number of nodes per insert, such as the default of
 * 100, @llamaindex/qdrant 0.1.32 silently drops one node after every full batch.
 */
function lossless({ client, name }: Collection): QdrantVectorStore {
  return new QdrantVectorStore({ client, collectionName: name, batchSize: Number.MAX_SAFE_INTEGER });
}

function toNode({ id, text, title, source }: SourceText): TextNode {
  // Metadata would be embedded before the text, which already contains the title.
  return new TextNode({ id_: id, text, metadata: { title, source }, excludedEmbedMetadataKeys: ["title", "source"] });
}

function toHit({ node, score }: NodeWithScore, rankBefore: number): Hit {
  const { title, source } = node.metadata;
  return { id: node.id_, text: node.getContent(MetadataMode.NONE), title, source, score: score!, rankBefore }; // a reranked node has a score
}
