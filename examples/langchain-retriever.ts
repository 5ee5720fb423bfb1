// LangChain.js without a vector store: searches rules in memory by words and by meaning.
import { BgeRetriever } from "@bge-js/langchain";
import { Document } from "@langchain/core/documents";
import { HANDBOOK } from "./corpus.js";

const documents = HANDBOOK.map(({ id, text, source }) => new Document({ id, pageContent: text, metadata: { source } }));
await using retriever = await BgeRetriever.fromDocuments(documents, {
  lateInteraction: false, // faster: the best 50 are not read again, token by token
  topN: 3,
  scoreInMetadata: true,
  filter: ({ metadata }) => metadata["source"] !== "kitchen.md",
  budgetMs: 60_000,
  onSkipped: (stages) => console.log(`no time for ${stages.map(({ stage }) => stage).join(", ")}`),
});

for (const { pageContent, metadata } of await retriever.invoke("What do I do when my notebook was stolen?")) {
  console.log(`${metadata["relevanceScore"].toFixed(3)}  ${metadata["source"]}: ${pageContent}`);
}

// A rule changes: the new one replaces the one with the same id. Another is deleted.
const [rooms, quiet] = documents;
await retriever.addDocuments([new Document({ ...rooms!, pageContent: "Meeting rooms are booked at the front desk." })]);
await retriever.delete({ ids: [quiet!.id!] });
const [answer] = await retriever.invoke("Where do I book a meeting room?", { signal: AbortSignal.timeout(60_000) });
console.log(answer?.pageContent);
