// Vectors of documents and of a query, and which document is nearest.
import { loadEmbedder } from "@bge-js/core";

const documents = [
  "The library opens at nine on weekdays and stays closed on Sundays.",
  "Overdue books cost twenty cents a day.",
  "Members may borrow up to ten books for four weeks.",
];

await using embedder = await loadEmbedder(); // bge-small-en-v1.5, from an installed package: no download
const vectors = await embedder.embedDocuments(documents);
const query = await embedder.embedQuery("How long can I keep a book?"); // with the model's query instruction

const scored = vectors.map((vector, index) => ({ text: documents[index], score: dot(vector, query) }));
scored.sort((a, b) => b.score - a.score);

console.log(`${vectors.length} vectors of ${embedder.dimensions} numbers`);
for (const { text, score } of scored) console.log(`${score.toFixed(3)}  ${text}`);

/** The cosine, because all vectors have length 1. */
function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}
