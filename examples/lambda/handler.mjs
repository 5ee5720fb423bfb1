// A function behind an HTTP API or a function URL: answers `{ "question": "..." }` from the index that build.mjs has put beside it.
import { join } from "node:path";
import { loadRetriever } from "@bge-js/retriever";

// Outside the handler: loaded once per instance, while it starts. Nothing is written anywhere.
const retriever = await loadRetriever({ directory: join(import.meta.dirname, "index"), readOnly: true });

export async function handler(event) {
  const question = questionOf(event);
  if (typeof question !== "string" || question.trim() === "") return answer(400, { error: "question is missing" });
  const { results, skipped } = await retriever.search(question, { topN: 3, budgetMs: 3000 });
  return answer(200, { results: results.map(({ id, document }) => ({ id, text: document.text })), skipped });
}

/** Bodies that are not sent as JSON come in base64. */
function questionOf({ body, isBase64Encoded }) {
  try {
    return JSON.parse(Buffer.from(body, isBase64Encoded ? "base64" : "utf8")).question;
  } catch {
    return undefined;
  }
}

function answer(statusCode, body) {
  return { statusCode, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}
