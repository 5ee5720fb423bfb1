import { join } from "node:path";
import { readSet } from "./beir.mjs";
import { keepVectors } from "./cache.mjs";

/** A set of retrieval data (`name:split`, or `name:split:documents`) with the vectors of its documents, which are kept in `cache`, and of its queries. */
export async function embedSet(embedder, set, { data, cache, queries, documents }) {
  const [name, split, most] = set.split(":");
  const number = (value) => (value === undefined ? undefined : Number(value));
  const read = readSet(join(data, name), { split, queries: number(queries), documents: number(most ?? documents) });
  const vectors = [];
  const texts = read.documents.map(({ text }) => text);
  for await (const vector of keepVectors(embedder, cache).embedStream(texts)) vectors.push(vector);
  const asked = [];
  const questions = read.queries.map(({ text }) => text);
  for await (const vector of embedder.embedStream(questions, { inputType: "query" })) asked.push(vector);
  return { ...read, name, vectors, asked };
}
