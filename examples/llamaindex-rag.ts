// LlamaIndex.TS: retrieves 100 texts with the embedding model, and reranks them to 3.
import { BgeEmbedding, BgeReranker, BgeSentenceSplitter } from "@bge-js/llamaindex";
import { Document, MetadataMode, Settings, VectorStoreIndex } from "llamaindex";
import { HANDBOOK } from "./corpus.js";

await using embedding = new BgeEmbedding(); // both load on first use
await using reranker = new BgeReranker({ topN: 3 });
Settings.embedModel = embedding; // the only place where VectorStoreIndex looks
Settings.nodeParser = new BgeSentenceSplitter(); // with LlamaIndex's own, the model would read only half of each node

const documents = HANDBOOK.map(({ text, source }) => new Document({ text, metadata: { source } }));
const index = await VectorStoreIndex.fromDocuments(documents);

const question = "What do I do when my notebook was stolen?";
const candidates = await index.asRetriever({ similarityTopK: 100 }).retrieve({ query: question });
const hits = await reranker.postprocessNodes(candidates, question);
for (const { node, score } of hits) {
  console.log(`${score?.toFixed(3)}  ${node.metadata["source"]}: ${node.getContent(MetadataMode.NONE)}`);
}
// With a language model: index.asQueryEngine({ similarityTopK: 100, nodePostprocessors: [reranker] })
