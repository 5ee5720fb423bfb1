import { basename } from "node:path";
import type { Embedder } from "@bge-js/core";
import type { QdrantClient } from "@qdrant/js-client-rest";
import type { Arguments } from "./arguments.js";
import { type SourceText, sha256 } from "./documents.js";
import type { Models, SearchIndex } from "./framework.js";
import { type Counts, watchEmbedder } from "./kept-embedder.js";
import { openKeptVectors } from "./kept-vectors.js";
import type { Progress } from "./progress.js";
import { type Collection, checkStored, deleteOthers } from "./qdrant.js";

export interface IndexOptions extends Pick<Arguments, "docs" | "framework" | "index"> {
  /** Where the vectors go; `undefined` for the framework's in-memory store. */
  readonly client: QdrantClient | undefined;
}

export interface Indexed {
  readonly index: SearchIndex;
  readonly counts: Counts & { readonly removed: number };
}

/** Updates the index to `texts`: keeps known ones, embeds new ones and removes those that are gone. */
export async function createIndex(
  texts: readonly SourceText[],
  { docs, framework, index: folder, client }: IndexOptions,
  models: Models,
  progress: Progress,
): Promise<Indexed> {
  const { embedder, signal } = models;
  const name = indexName(docs, embedder);
  const collection = client && { client, name: `bge-js-demo-${framework}-${name}` };
  const kept = folder === undefined ? undefined : await openKeptVectors(folder, `${name}.jsonl`, embedder.dimensions);
  const watched = watchEmbedder(embedder, {
    kept,
    signal,
    onProgress: ({ embedded, kept }) => progress.update(embedded + kept, embedded),
  });
  const index = await openIndex(framework, { ...models, embedder: watched.embedder }, collection);
  try {
    await index.add(texts);
  } finally {
    progress.finish();
  }
  const removed = (await kept?.retain(texts.map(({ text }) => text))) ?? 0;
  const deleted = collection === undefined ? 0 : await settle(collection, texts);
  return { index, counts: { ...watched.counts, removed: Math.max(removed, deleted) } };
}

/** Opens the index of a framework. Each is imported only if requested, because they are large. */
async function openIndex(
  framework: Arguments["framework"],
  models: Models,
  collection?: Collection,
): Promise<SearchIndex> {
  if (framework === "llamaindex") return (await import("./llamaindex.js")).llamaindexIndex(models, collection);
  return (await import("./langchain.js")).langchainIndex(models, collection);
}

/** Makes the collection hold exactly what was sent. Returns how many other points were deleted. */
async function settle(collection: Collection, texts: readonly SourceText[]): Promise<number> {
  const deleted = await deleteOthers(collection, new Set(texts.map(({ id }) => id)));
  await checkStored(collection, texts.length);
  return deleted;
}

/** Returns a name that is unique to a folder (or Node's documentation) and a model, so that vectors never mix. */
export function indexName(docs: string | undefined, { spec, source, dimensions, maxTokens }: Embedder): string {
  const facts = [docs ?? "", spec.id, source.fingerprint, source.dtype, spec.pooling, dimensions, maxTokens];
  const label = docs === undefined ? "node-api" : basename(docs).replace(/[^A-Za-z0-9.-]+/g, "-") || "root";
  return `${label.slice(0, 40)}-${sha256(JSON.stringify(facts)).slice(0, 16)}`;
}
