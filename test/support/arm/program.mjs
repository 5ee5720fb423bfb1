// Run by Node for Arm, emulated, in a project of packed packages: prints a line of JSON for each step, with its numbers.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadEmbedder, loadReranker } from "@bge-js/core";
import { loadRetriever } from "@bge-js/retriever";

const TEXTS = [
  "Small dogs travel free on all our trains; large ones need a ticket and a muzzle.",
  "Train tickets are cheaper when they are booked two weeks ahead.",
  "Ticket machine, error E-4712: the coin slot is blocked.",
  "Ünïcödé, 漢字, עברית and 🐕‍🦺 are letters like any others.",
];
const QUESTION = "Can I bring my pet?";
const [weights] = process.argv.slice(2);
const options = { threads: 1, workers: 1 };

async function embedded(model, more) {
  const embedder = await loadEmbedder(model, { ...options, ...more });
  const together = await embedder.embedDocuments(TEXTS);
  const [alone] = await embedder.embedDocuments(TEXTS.slice(0, 1));
  await embedder.dispose();
  return { vectors: together.map((vector) => [...vector]), same: alone.every((value, i) => value === together[0][i]) };
}

async function scored(model) {
  const reranker = await loadReranker(model, options);
  const scores = await reranker.score(QUESTION, TEXTS);
  await reranker.dispose();
  return [...scores];
}

async function searched() {
  const folder = await mkdtemp(join(tmpdir(), "bge-js-arm-"));
  const retriever = await loadRetriever({ directory: join(folder, "index"), load: options });
  await retriever.add(TEXTS.map((text, i) => ({ id: `t${i}`, text })));
  const { results } = await retriever.search(QUESTION);
  await retriever.dispose();
  await rm(folder, { recursive: true });
  return results.map(({ id }) => id);
}

const STEPS = {
  int8: () => embedded(),
  lateInteraction: () => scored("BAAI/bge-small-en-v1.5"),
  crossEncoder: () => scored("bge-js/reranker-small-en"),
  fused: () => scored(),
  search: searched,
  ...(weights && {
    fp32: () => embedded({ directory: weights, id: "BAAI/bge-small-en-v1.5" }, { dtype: "fp32" }),
  }),
};
for (const [name, step] of Object.entries(STEPS)) console.log(JSON.stringify({ [name]: await step() }));
