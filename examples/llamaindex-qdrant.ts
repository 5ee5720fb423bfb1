// LlamaIndex.TS with vectors in Qdrant. Needs a server: docker run -p 6333:6333 qdrant/qdrant
import { setTimeout } from "node:timers/promises";
import { BgeEmbedding, BgeReranker } from "@bge-js/llamaindex";
import { QdrantVectorStore } from "@llamaindex/qdrant";
import { QdrantClient } from "@qdrant/js-client-rest";
import { MetadataMode, Settings, TextNode, VectorStoreIndex } from "llamaindex";
import { HANDBOOK } from "./corpus.js";

const url = process.env["QDRANT_URL"] ?? "http://localhost:6333";
const collectionName = "bge-js-example-llamaindex";
const client = new QdrantClient({ url, checkCompatibility: false });

await using embedding = new BgeEmbedding();
await using reranker = new BgeReranker({ topN: 3 });
Settings.embedModel = embedding;

// With any batchSize below the number of nodes per insert, @llamaindex/qdrant 0.1.32 loses a node after each batch.
const vectorStore = new QdrantVectorStore({ client, collectionName, batchSize: Number.MAX_SAFE_INTEGER });
const index = await VectorStoreIndex.fromVectorStore(vectorStore);

// Ids are derived from the content, so a second run overwrites the points instead of duplicating them.
const nodes = HANDBOOK.map(({ id, text, source }) => new TextNode({ id_: id, text, metadata: { source } }));
for (let start = 0; start < nodes.length; start += 500) await index.insertNodes(nodes.slice(start, start + 500));
let { count } = await client.count(collectionName, { exact: true });
for (let tries = 0; count < nodes.length && tries < 100; tries++) {
  await setTimeout(50); // the store does not wait for the server to write the points
  ({ count } = await client.count(collectionName, { exact: true }));
}
if (count !== nodes.length) throw new Error(`${nodes.length} points sent, ${count} stored`);
console.log(`${count} points stored`);

const question = "What do I do when my notebook was stolen?";
const candidates = await index.asRetriever({ similarityTopK: 100 }).retrieve({ query: question });
for (const { node, score } of await reranker.postprocessNodes(candidates, question)) {
  console.log(`${score?.toFixed(3)}  ${node.metadata["source"]}: ${node.getContent(MetadataMode.NONE)}`);
}
