// LlamaIndex.TS without an index: searches nodes in memory by words and by meaning, for a query engine.
import { BgeRetriever, BgeSentenceSplitter } from "@bge-js/llamaindex";
import { MockLLM } from "@llamaindex/core/llms/mock";
import { Document, MetadataMode, RetrieverQueryEngine, Settings } from "llamaindex";
import { HANDBOOK } from "./corpus.js";

Settings.llm = new MockLLM(); // put your language model here

const documents = HANDBOOK.map(({ id, text, source }) => new Document({ id_: id, text, metadata: { source } }));
const nodes = new BgeSentenceSplitter().getNodesFromDocuments(documents); // long documents, into what the model reads whole
await using retriever = await BgeRetriever.fromNodes(nodes, {
  lateInteraction: false, // faster: the best 50 are not read again, token by token
  topN: 3,
  filter: ({ metadata }) => metadata["source"] !== "kitchen.md",
});

const engine = new RetrieverQueryEngine(retriever);
const { sourceNodes = [] } = await engine.query({ query: "What do I do when my notebook was stolen?" });
for (const { node, score } of sourceNodes) {
  console.log(`${score?.toFixed(3)}  ${node.metadata["source"]}: ${node.getContent(MetadataMode.NONE)}`);
}
