// LlamaIndex.TS: retrieves 100 with the embedding model, reranks to 3.
import { BgeEmbedding, BgeReranker, BgeSentenceSplitter } from "@bge-js/llamaindex";
import { Document, MetadataMode, Settings, VectorStoreIndex } from "llamaindex";
import { HANDBOOK } from "./corpus.js";

await using embedding = new BgeEmbedding(); // both load on first use
await using reranker = new BgeReranker({ topN: 3 });
Settings.embedModel = embedding; // VectorStoreIndex takes it from here alone
Settings.nodeParser = new BgeSentenceSplitter(); // the model reads only half of LlamaIndex's own nodes

const documents = HANDBOOK.map(({ text, source }) => new Document({ text, metadata: { source } }));
const index = await VectorStoreIndex.fromDocuments(documents);

const question = "What do I do when my notebook was stolen?";
const candidates = await index.asRetriever({ similarityTopK: 100 }).retrieve({ query: question });
const hits = await reranker.postprocessNodes(candidates, question);
for (const { node, score } of hits) {
  console.log(`${score?.toFixed(3)}  ${node.metadata["source"]}: ${node.getContent(MetadataMode.NONE)}`);
}
// With a language model: index.asQueryEngine({ similarityTopK: 100, nodePostprocessors: [reranker] })
