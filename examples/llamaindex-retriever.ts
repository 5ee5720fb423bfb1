// LlamaIndex.TS without an index: a query engine over nodes in memory, found by words and by meaning.
import { BgeRetriever, BgeSentenceSplitter } from "@bge-js/llamaindex";
import { MockLLM } from "@llamaindex/core/llms/mock";
import { Document, MetadataMode, RetrieverQueryEngine, Settings } from "llamaindex";
import { HANDBOOK } from "./corpus.js";

Settings.llm = new MockLLM(); // put your language model here

const documents = HANDBOOK.map(({ id, text, source }) => new Document({ id_: id, text, metadata: { source } }));
const nodes = new BgeSentenceSplitter().getNodesFromDocuments(documents); // splits long documents into nodes that the model can read whole
await using retriever = await BgeRetriever.fromNodes(nodes, {
  lateInteraction: false, // faster: does not rescore the best candidates token by token
  topN: 3,
  filter: ({ metadata }) => metadata["source"] !== "kitchen.md",
});

const engine = new RetrieverQueryEngine(retriever);
const { sourceNodes = [] } = await engine.query({ query: "What do I do when my notebook was stolen?" });
for (const { node, score } of sourceNodes) {
  console.log(`${score?.toFixed(3)}  ${node.metadata["source"]}: ${node.getContent(MetadataMode.NONE)}`);
}
