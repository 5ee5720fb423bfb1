// Puts the passages that answer a question first: late interaction reads all, a small cross-encoder reads the best.
import { loadReranker } from "@bge-js/core";

const question = "Can I bring my dog on the train?";
const passages = [
  "Train tickets are cheaper when they are booked two weeks ahead.",
  "Dogs need a bath about once a month.",
  "Small dogs travel free on all our trains; large ones need a ticket and a muzzle.",
  "Bicycles are not allowed on trains during rush hour.",
];

await using reranker = await loadReranker();
const best = await reranker.rerank(question, passages, { topN: 2 });

console.log(question);
for (const { index, score } of best) console.log(`${score.toFixed(3)}  ${passages[index]}`);
