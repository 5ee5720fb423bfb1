// LangChain.js over Qdrant: up to 200 texts found by words and vectors, ranked by late interaction and a cross-encoder, three
// returned. Needs a server: docker run -p 6333:6333 qdrant/qdrant
import { loadQdrantRetriever } from "@bge-js/qdrant";
import { BgeQdrantVectorStore } from "@bge-js/qdrant/langchain";
import { Document } from "@langchain/core/documents";
import { QdrantClient } from "@qdrant/js-client-rest";
import { HANDBOOK } from "./corpus.js";

const url = process.env["QDRANT_URL"] ?? "http://localhost:6333";
const client = new QdrantClient({ url, checkCompatibility: false });
await using retriever = await loadQdrantRetriever({ client, collection: "bge-js-example-hybrid-langchain" });
const vectorStore = new BgeQdrantVectorStore({ retriever });

// A second run stores nothing: the documents are there already.
const documents = HANDBOOK.map(({ id, text, source }) => new Document({ id, pageContent: text, metadata: { source } }));
await vectorStore.addDocuments(documents);
console.log(`${await retriever.count()} points stored`);

const question = "What do I do when my notebook was stolen?";
for (const [{ pageContent, metadata }, score] of await vectorStore.similaritySearchWithScore(question, 3)) {
  console.log(`${score.toFixed(3)}  ${metadata["source"]}: ${pageContent}`);
}
