// Searches documents in memory by words and by meaning.
import { loadRetriever } from "@bge-js/retriever";

const handbook = [
  { id: "dogs", text: "Small dogs travel free on all our trains; large ones need a ticket and a muzzle.", page: 12 },
  { id: "early", text: "Train tickets are cheaper when they are booked two weeks ahead.", page: 3 },
  { id: "bicycles", text: "Bicycles are not allowed on trains during rush hour.", page: 14 },
  { id: "E-4711", text: "Ticket machine, error E-4711: out of paper. Call the station.", page: 71 },
  { id: "E-4712", text: "Ticket machine, error E-4712: the coin slot is blocked. Press the green button.", page: 72 },
];

await using retriever = await loadRetriever<(typeof handbook)[number]>();
await retriever.add(handbook);

const question = "Can I bring my pet?";
const [best] = (await retriever.search(question, { topN: 1 })).results;
console.log(`${question}\n  page ${best?.document.page}: ${best?.document.text}`);

// Search for codes by words alone: to a model, one number looks much like another.
const [exact] = (await retriever.search("E-4712", { stages: ["lexical"] })).results;
console.log(`E-4712\n  page ${exact?.document.page}: ${exact?.document.text}`);

// Only some of the documents, with the stages that fit into the time budget.
const { results, skipped } = await retriever.search("cheap tickets", {
  filter: ({ page }) => page < 20,
  budgetMs: 60_000,
});
console.log(results.map(({ id }) => id).join(", "));
console.log(`${skipped.length} stages skipped`);
