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
  /** Where the vectors go; none for the framework's own store in memory. */
  readonly client: QdrantClient | undefined;
}

export interface Indexed {
  readonly index: SearchIndex;
  readonly counts: Counts & { readonly removed: number };
}

/** Brings the index up to date with `texts`: known ones are kept, new ones embedded, and those that are gone removed. */
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

/** Each framework is loaded only when it is asked for: they are large. */
async function openIndex(
  framework: Arguments["framework"],
  models: Models,
  collection?: Collection,
): Promise<SearchIndex> {
  if (framework === "llamaindex") return (await import("./llamaindex.js")).llamaindexIndex(models, collection);
  return (await import("./langchain.js")).langchainIndex(models, collection);
}

/** What the collection has is what was sent, no more and no less. Returns how many points were too many. */
async function settle(collection: Collection, texts: readonly SourceText[]): Promise<number> {
  const deleted = await deleteOthers(collection, new Set(texts.map(({ id }) => id)));
  await checkStored(collection, texts.length);
  return deleted;
}

/** Vectors of one folder, or of Node's documentation, by one model: nothing else can be mixed in. */
function indexName(docs: string | undefined, { spec, source, dimensions, maxTokens }: Embedder): string {
  const facts = [docs ?? "", spec.id, source.fingerprint, source.dtype, spec.pooling, dimensions, maxTokens];
  const label = docs === undefined ? "node-api" : basename(docs).replace(/[^A-Za-z0-9.-]+/g, "-") || "root";
  return `${label.slice(0, 40)}-${sha256(JSON.stringify(facts)).slice(0, 16)}`;
}
