import { BgeEmbeddings, BgeReranker } from "@bge-js/langchain";
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { Document } from "@langchain/core/documents";
import { QdrantVectorStore } from "@langchain/qdrant";
import type { SourceText } from "./documents.js";
import { CANDIDATES, type Hit, type Models, type SearchIndex, TOP_N } from "./framework.js";
import { type Collection, INSERT_SIZE } from "./qdrant.js";
import { inSlices } from "./slices.js";

export function langchainIndex({ embedder, reranker, signal }: Models, collection?: Collection): SearchIndex {
  const embeddings = new BgeEmbeddings({ model: embedder, signal });
  const compressor = new BgeReranker({ model: reranker, topN: TOP_N, signal });
  const store =
    collection === undefined
      ? new MemoryVectorStore(embeddings)
      : new QdrantVectorStore(embeddings, { client: collection.client, collectionName: collection.name });
  return {
    async add(texts) {
      // A QdrantVectorStore sends the documents of one call in one request.
      for (const slice of inSlices(texts, collection === undefined ? texts.length : INSERT_SIZE)) {
        await store.addDocuments(slice.map(toDocument));
      }
    },
    async search(question) {
      const start = performance.now();
      const candidates = await store.asRetriever({ k: CANDIDATES }).invoke(question);
      const retrieved = performance.now();
      const best = await compressor.compressDocuments(candidates, question);
      const reranked = performance.now();
      const rank = new Map(candidates.map(({ id }, index) => [id, index + 1]));
      return {
        hits: best.map((document) => toHit(document, rank.get(document.id)!)), // what was reranked was retrieved
        candidates: candidates.length,
        retrieveMs: retrieved - start,
        rerankMs: reranked - retrieved,
      };
    },
  };
}

function toDocument({ id, text, title, source }: SourceText): Document {
  return new Document({ id, pageContent: text, metadata: { title, source } });
}

function toHit({ id, pageContent, metadata }: Document, rankBefore: number): Hit {
  const { title, source, relevanceScore } = metadata;
  return { id: id!, text: pageContent, title, source, score: relevanceScore, rankBefore }; // toDocument gave it an id
}
