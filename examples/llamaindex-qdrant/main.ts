// LlamaIndex.TS over Qdrant. The server finds up to 200 texts by words and by vectors and ranks them by late interaction; a
// cross-encoder reads the best ten here. Needs a server: docker run -p 6333:6333 -e QDRANT__TELEMETRY_DISABLED=true qdrant/qdrant
import { loadQdrantRetriever } from "@bge-js/qdrant";
import { BgeQdrantRetriever } from "@bge-js/qdrant/llamaindex";
import { QdrantClient } from "@qdrant/js-client-rest";
import { TextNode } from "llamaindex";
import { NODE_DOCS, QUESTIONS } from "../node-docs.js";

const url = process.env["QDRANT_URL"] ?? "http://localhost:6333";
const client = new QdrantClient({ url, checkCompatibility: false });
await using collection = await loadQdrantRetriever({ client, collection: "bge-js-example-llamaindex" });
const retriever = new BgeQdrantRetriever({ retriever: collection, topN: 3 }); // for query engines

// A second run stores nothing: the nodes are there already.
await retriever.insertNodes(
  NODE_DOCS.map(({ id, text, title, source }) => new TextNode({ id_: id, text, metadata: { title, source } })),
);
console.log(`${await collection.count()} texts stored`);

for (const question of QUESTIONS) {
  console.log(`\n? ${question}`);
  for (const { node } of await retriever.retrieve(question)) console.log(`  ${node.metadata["title"]}`);
}
