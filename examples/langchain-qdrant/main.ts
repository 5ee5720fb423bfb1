// LangChain.js over Qdrant. The server finds up to 200 texts by words and by vectors and ranks them by late interaction; a
// cross-encoder reads the best ten here. Needs a server: docker run -p 6333:6333 -e QDRANT__TELEMETRY_DISABLED=true qdrant/qdrant
import { loadQdrantRetriever } from "@bge-js/qdrant";
import { BgeQdrantVectorStore } from "@bge-js/qdrant/langchain";
import { Document } from "@langchain/core/documents";
import { QdrantClient } from "@qdrant/js-client-rest";
import { NODE_DOCS, QUESTIONS } from "../node-docs.js";

const url = process.env["QDRANT_URL"] ?? "http://localhost:6333";
const client = new QdrantClient({ url, checkCompatibility: false });
await using collection = await loadQdrantRetriever({ client, collection: "bge-js-example-langchain" });
const vectorStore = new BgeQdrantVectorStore({ retriever: collection });

// A second run stores nothing: the documents are there already.
await vectorStore.addDocuments(
  NODE_DOCS.map(({ id, text, title, source }) => new Document({ id, pageContent: text, metadata: { title, source } })),
);
console.log(`${await collection.count()} texts stored`);

const retriever = vectorStore.asRetriever({ k: 3 }); // for chains, tools and agents
for (const question of QUESTIONS) {
  console.log(`\n? ${question}`);
  for (const { metadata } of await retriever.invoke(question)) console.log(`  ${metadata["title"]}`);
}
