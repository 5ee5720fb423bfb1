import { BgeError, type Embedder } from "@bge-js/core";
import { invalid, turn } from "@bge-js/core/adapter";
import type { AnyDocument, Chunk, ChunkedDocument, ChunkFunction, IngestStore } from "../api.js";
import { divideDocument } from "./divide-document.js";
import { type Checked, contentHash } from "./documents.js";

/** What became of a document. */
export type Outcome =
  | { readonly kind: "stored"; readonly chunks: number }
  | { readonly kind: "unchanged" }
  | { readonly kind: "failed"; readonly error: BgeError };

/** Ingests a few documents, no two of them with the same id; one outcome each, in order. Rejects if nothing can be said of them. */
export type Work = (documents: readonly Checked[], signal: AbortSignal) => Promise<Outcome[]>;

/** A recipe that was checked. */
export interface Recipe {
  readonly store: IngestStore;
  readonly embedder: Embedder;
  readonly chunk: ChunkFunction<AnyDocument>;
  readonly recipe: string;
}

/** Characters to divide in a turn of the event loop, which takes some milliseconds; one document may have more. */
const CHARACTERS = 20_000;

/** Errors that are the document's own. All others may be gone tomorrow, and are not held against it. */
const OF_DOCUMENTS: ReadonlySet<string> = new Set([
  "INFERENCE_FAILED",
  "INPUT_TOO_LONG",
  "INVALID_INPUT",
  "WORKER_LOST",
]);

export function isOfDocument(error: unknown): error is BgeError {
  return error instanceof BgeError && OF_DOCUMENTS.has(error.code);
}

/** The version under which a document is stored. */
export function versionOf({ hash }: Checked, recipe: string): string {
  return contentHash(recipe, hash);
}

export function createWork({ store, embedder, chunk, recipe }: Recipe): Work {
  return async (documents, signal) => {
    const outcomes = new Array<Outcome | undefined>(documents.length);
    const ids = documents.map(({ document }) => document.id);
    const known = await store.versions(ids, { signal });
    let characters = 0;
    const divided = new Map<string, { readonly at: number; readonly document: ChunkedDocument }>();
    for (const [at, checked] of documents.entries()) {
      const { document } = checked;
      const version = versionOf(checked, recipe);
      if (known[at] === version) {
        outcomes[at] = { kind: "unchanged" };
        continue;
      }
      characters += checked.characters;
      if (characters > CHARACTERS) {
        characters = 0;
        await turn();
      }
      try {
        const chunks = await divideDocument(document, chunk, signal);
        divided.set(document.id, { at, document: { id: document.id, version, chunks } });
      } catch (error) {
        if (!isOfDocument(error)) throw error;
        outcomes[at] = { kind: "failed", error };
      }
    }
    const fail = (id: string, error: BgeError) => {
      outcomes[divided.get(id)!.at] = { kind: "failed", error };
    };
    const all = [...divided.values()].map(({ document }) => document);
    const ready = store.embedder === undefined ? await embedAll(all, embedder, signal, fail) : all;
    for (const { id, error } of ready.length > 0 ? await putAll(store, ready, signal) : []) fail(id, error);
    for (const { id, chunks } of ready) outcomes[divided.get(id)!.at] ??= { kind: "stored", chunks: chunks.length };
    // Every document was known, failed, or was put.
    return outcomes as Outcome[];
  };
}

/** Returns the documents that the store refused. It may be the caller's own. */
async function putAll(store: IngestStore, documents: readonly ChunkedDocument[], signal: AbortSignal) {
  const refused = await store.put(documents, { signal });
  const ids = new Set(documents.map(({ id }) => id));
  if (Array.isArray(refused) && refused.every(({ id, error }) => ids.has(id) && error instanceof BgeError))
    return refused;
  throw invalid("store", "has a put that must resolve to a list of { id, error: BgeError }: the documents it refused");
}

/** Returns the documents whose chunks all have a vector. */
async function embedAll(
  documents: readonly ChunkedDocument[],
  embedder: Embedder,
  signal: AbortSignal,
  onFailed: (id: string, error: BgeError) => void,
): Promise<ChunkedDocument[]> {
  if (documents.length === 0) return [];
  const texts = documents.flatMap(({ chunks }) => chunks.map(({ text }) => text));
  let reason: BgeError | undefined;
  const onSkip = (error: BgeError) => {
    reason = error;
  };
  const vectors = embedder.embedStream(texts, { onError: "skip", onSkip, retryLost: true, signal });
  const done: ChunkedDocument[] = [];
  try {
    for (const document of documents) {
      const chunks: Chunk[] = [];
      let failed: BgeError | undefined;
      for (const chunk of document.chunks) {
        const { value: vector, done: isOver } = await vectors.next();
        if (isOver) throw invalid("embedder", "returned fewer vectors than it was passed texts");
        if (vector !== undefined) chunks.push({ ...chunk, vector });
        else if (isOfDocument(reason)) failed ??= ofChunk(reason, chunk);
        else throw reason;
      }
      if (failed === undefined) done.push({ ...document, chunks });
      else onFailed(document.id, failed);
    }
  } finally {
    // What has not been read yet is not run.
    await vectors.return();
  }
  return done;
}

/** Without the index, which is that among the texts of a batch. */
function ofChunk({ code, message, cause }: BgeError, { position }: Chunk): BgeError {
  return new BgeError(code, `chunk ${position}: ${message}`, { parameter: "documents", cause });
}
