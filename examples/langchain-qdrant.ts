// LangChain.js with vectors in Qdrant. Needs a server: docker run -p 6333:6333 qdrant/qdrant
import { BgeEmbeddings, BgeReranker, BgeRerankRetriever } from "@bge-js/langchain";
import { Document } from "@langchain/core/documents";
import { QdrantVectorStore } from "@langchain/qdrant";
import { QdrantClient } from "@qdrant/js-client-rest";
import { HANDBOOK } from "./corpus.js";

const url = process.env["QDRANT_URL"] ?? "http://localhost:6333";
const collectionName = "bge-js-example-langchain";
const client = new QdrantClient({ url, checkCompatibility: false });

await using embeddings = new BgeEmbeddings();
await using reranker = new BgeReranker();
const vectorStore = new QdrantVectorStore(embeddings, { client, collectionName });

// Ids are derived from the content, so a second run overwrites the points instead of duplicating them.
const documents = HANDBOOK.map(({ id, text, source }) => new Document({ id, pageContent: text, metadata: { source } }));
for (let start = 0; start < documents.length; start += 500) {
  await vectorStore.addDocuments(documents.slice(start, start + 500)); // one request per call
}
const { count } = await client.count(collectionName, { exact: true });
if (count !== documents.length) throw new Error(`${documents.length} points sent, ${count} stored`);
console.log(`${count} points stored`);

const retriever = new BgeRerankRetriever({ vectorStore, k: 100, reranker, topN: 3, scoreInMetadata: true });
for (const { pageContent, metadata } of await retriever.invoke("What do I do when my notebook was stolen?")) {
  console.log(`${metadata["relevanceScore"].toFixed(3)}  ${metadata["source"]}: ${pageContent}`);
}
