// LangChain.js: retrieves 100 with the embedding model, reranks to 3, and builds the prompt for a language model.
import { BgeEmbeddings, BgeReranker, BgeRerankRetriever } from "@bge-js/langchain";
import { MemoryVectorStore } from "@langchain/classic/vectorstores/memory";
import { Document } from "@langchain/core/documents";
import { PromptTemplate } from "@langchain/core/prompts";
import { HANDBOOK } from "./corpus.js";

await using embeddings = new BgeEmbeddings(); // both load on first use
await using reranker = new BgeReranker();

const documents = HANDBOOK.map(({ text, source }) => new Document({ pageContent: text, metadata: { source } }));
const vectorStore = await MemoryVectorStore.fromDocuments(documents, embeddings);
const retriever = new BgeRerankRetriever({ vectorStore, k: 100, reranker, topN: 3, scoreInMetadata: true });

const question = "What do I do when my notebook was stolen?";
const hits = await retriever.invoke(question);
for (const { pageContent, metadata } of hits) {
  console.log(`${metadata["relevanceScore"].toFixed(3)}  ${metadata["source"]}: ${pageContent}`);
}

const prompt = PromptTemplate.fromTemplate("Answer from these rules alone.\n\n{context}\n\nQuestion: {question}");
const context = hits.map(({ pageContent }) => `- ${pageContent}`).join("\n");
console.log(`\n${await prompt.format({ context, question })}`);
