// Mastra: chunks a Markdown file, stores its vectors, and gives an agent a search tool whose results a cross-encoder ranks.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { bge } from "@bge-js/ai-sdk";
import { Mastra } from "@mastra/core";
import { LibSQLVector } from "@mastra/libsql";
import { createVectorQueryTool, MDocument, rerankWithScorer } from "@mastra/rag";
import { embed, embedMany } from "ai";

const question = process.argv[2] ?? "How soon do I get my money back after a business trip?";
const indexName = "handbook";
const vectors = new LibSQLVector({ id: "vectors", url: ":memory:" }); // "file:vectors.db" to keep them

// Mastra reads a result's text from metadata.text, so that is where it goes.
const handbook = MDocument.fromMarkdown(await readFile(join(import.meta.dirname, "handbook.md"), "utf8"));
const chunks = await handbook.chunk({ strategy: "markdown", headers: [["##", "section"]] });
const { embeddings } = await embedMany({ model: bge.embeddingModel(), values: chunks.map(({ text }) => text) });
await vectors.createIndex({ indexName, dimension: embeddings[0].length });
await vectors.upsert({
  indexName,
  vectors: embeddings,
  metadata: chunks.map(({ text, metadata }) => ({ text, section: metadata.section })),
});
console.log(`${chunks.length} chunks of ${embeddings[0].length} numbers`);

// Where the cross-encoder is sure, it decides; where it is not, the cosines do. Their order is in them already.
const weights = { semantic: 0.5, vector: 0.5, position: 0 };
const scorer = bge.relevanceScorer();

console.log(`\n${question}\nby hand:`);
const { embedding } = await embed({ model: bge.queries(), value: question });
const found = await vectors.query({ indexName, queryVector: embedding, topK: 50 });
const best = await rerankWithScorer({ results: found, query: question, scorer, options: { topK: 3, weights } });
for (const { score, details, result } of best) {
  const [relevance, cosine] = [details.semantic, details.vector].map((part) => part.toFixed(3));
  console.log(`${score.toFixed(3)}  ${result.metadata.section} (relevance ${relevance}, cosine ${cosine})`);
}

console.log("as an agent's tool:");
const searchHandbook = createVectorQueryTool({
  id: "search-handbook",
  description: "Searches the office handbook.",
  vectorStoreName: "vectors",
  indexName,
  model: bge.queries(),
  reranker: { model: scorer, options: { topK: 3, weights } },
});
// An agent would get it as `tools: { searchHandbook }`, and call it in the same way.
const mastra = new Mastra({ vectors: { vectors }, logger: false });
const { relevantContext } = await searchHandbook.execute({ queryText: question, topK: 50 }, { mastra });
for (const { section } of relevantContext) console.log(section);
