// What every process of a probe does with a document: paragraphs, a model, a table of PostgreSQL.
import { loadEmbedder } from "@bge-js/core";
import { postgresStore } from "@bge-js/ingest";
import pg from "pg";

const WORDS =
  "train ticket dog valley machine error coin platform early night garden river station paper window bridge".split(" ");

/** Every so many documents, one that no store can have. */
const POISON = 997;

export const isPoison = (i) => i % POISON === POISON - 1;

/** The text of document `i`, always the same: one to four paragraphs. */
export function documentOf(i, edition = 0) {
  let state = (i + 1) * 7919 + edition * 104729;
  const next = (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const sentence = () => Array.from({ length: 6 + next(20) }, () => WORDS[next(WORDS.length)]).join(" ");
  const paragraphs = Array.from({ length: 1 + next(4) }, (_, p) => `${i}.${p} ${sentence()}.`);
  // PostgreSQL keeps no NUL in a text.
  if (isPoison(i)) paragraphs.push("a \0 in it");
  return { id: `doc-${i}`, text: paragraphs.join("\n\n"), page: i % 100 };
}

export const paragraphs = ({ text }) => text.split("\n\n");

export async function openRecipe({ url, table, model, threads = 1 }) {
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  pool.on("error", () => {});
  const query = (text, values) => pool.query(text, values);
  const embedder = await loadEmbedder(model, { threads, workers: 1, truncation: "silent" });
  return {
    pool,
    embedder,
    recipe: { store: postgresStore({ query, table }), embedder, chunk: paragraphs, recipe: "paragraphs" },
  };
}
