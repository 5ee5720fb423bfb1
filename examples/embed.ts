// Embeds documents and a query, and sorts the documents by similarity to the query.
import { loadEmbedder, topK } from "@bge-js/core";

const documents = [
  "The library opens at nine on weekdays and stays closed on Sundays.",
  "Overdue books cost twenty cents a day.",
  "Members may borrow up to ten books for four weeks.",
];

await using embedder = await loadEmbedder(); // bge-small-en-v1.5, from an installed package: no download
const vectors = await embedder.embedDocuments(documents);
const query = await embedder.embedQuery("How long can I keep a book?"); // with the model's query instruction

console.log(`${vectors.length} vectors of ${embedder.dimensions} numbers`);
for (const { index, score } of topK(query, vectors, 3)) console.log(`${score.toFixed(3)}  ${documents[index]}`);
