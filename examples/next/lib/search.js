import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadRetriever } from "@bge-js/retriever";

/** On `globalThis`, because a development server loads modules again when they change, and models should stay. */
const kept = globalThis;

/** Searches the questions and answers of `faq.md`, which are embedded when somebody first asks. */
export async function search(question, signal) {
  kept.faq ??= load().catch((error) => {
    kept.faq = undefined; // the next request tries again
    throw error;
  });
  const { results } = await (await kept.faq).search(question, { topN: 3, signal });
  return results.map(({ document: { title, text } }) => ({ title, text }));
}

async function load() {
  const faq = await readFile(join(process.cwd(), "faq.md"), "utf8");
  const retriever = await loadRetriever();
  await retriever.add(
    faq
      .split(/^## /m)
      .slice(1)
      .map((section) => {
        const [title] = section.split("\n", 1);
        return { id: title, title, text: section };
      }),
  );
  return retriever;
}
