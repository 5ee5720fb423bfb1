// LlamaIndex.TS over Qdrant: up to 200 texts found by words and vectors, ranked by late interaction and a cross-encoder,
// three returned. Needs a server: docker run -p 6333:6333 qdrant/qdrant
import { loadQdrantRetriever } from "@bge-js/qdrant";
import { BgeQdrantRetriever } from "@bge-js/qdrant/llamaindex";
import { QdrantClient } from "@qdrant/js-client-rest";
import { MetadataMode, TextNode } from "llamaindex";
import { HANDBOOK } from "./corpus.js";

const url = process.env["QDRANT_URL"] ?? "http://localhost:6333";
const client = new QdrantClient({ url, checkCompatibility: false });
await using collection = await loadQdrantRetriever({ client, collection: "bge-js-example-hybrid-llamaindex" });
const retriever = new BgeQdrantRetriever({ retriever: collection });

// A second run stores nothing: the nodes are there already.
await retriever.insertNodes(
  HANDBOOK.map(({ id, text, source }) => new TextNode({ id_: id, text, metadata: { source } })),
);
console.log(`${await collection.count()} points stored`);

for (const { node, score } of await retriever.retrieve("What do I do when my notebook was stolen?")) {
  console.log(`${score?.toFixed(3)}  ${node.metadata["source"]}: ${node.getContent(MetadataMode.NONE)}`);
}
