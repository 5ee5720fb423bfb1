import { BgeError } from "@bge-js/core";
import type { AnyDocument, ChunkedDocument, IngestStore, StoreCallOptions } from "../api.js";
import { INGESTED } from "../pipeline/documents.js";
import { isOfDocument } from "../pipeline/work.js";

/** What is kept of a chunk's document, in its field `ingested`. */
export interface Ingested {
  readonly document: string;
  readonly version: string;
  readonly position: number;
  /** Chunks of the document. */
  readonly chunks: number;
}

/** A chunk as a retriever's document. */
type StoredChunk = AnyDocument & { readonly [INGESTED]: Ingested };

interface Adder {
  add(documents: readonly StoredChunk[], options: { readonly signal?: AbortSignal }): Promise<unknown>;
}

type Failed = Awaited<ReturnType<IngestStore["put"]>>[number];

/** The id of a chunk: that of its document with its place. */
export function chunkId(document: string, position: number): string {
  return `${document}#${position}`;
}

/** Adds the chunks of documents that `isWanted`, and returns the documents that have one which cannot be added. */
export async function addChunks(
  retriever: Adder,
  documents: readonly ChunkedDocument[],
  { signal }: StoreCallOptions,
  isWanted: (position: number) => boolean = () => true,
): Promise<Failed[]> {
  const options = signal === undefined ? {} : { signal };
  const chunksOf = (document: ChunkedDocument) => toStored(document).filter((_, position) => isWanted(position));
  const all = documents.flatMap(chunksOf);
  if (all.length === 0) return [];
  const error = await refusal(retriever.add(all, options));
  if (error === undefined) return [];
  const bad = new Set(error.indices?.map((index) => all[index]![INGESTED].document));
  const failed: Failed[] = [];
  for (const document of documents) {
    if (!bad.has(document.id)) continue;
    // Each gets an error of its own; what is stored of it already is not read again.
    const own = await refusal(retriever.add(chunksOf(document), options));
    if (own !== undefined) failed.push({ id: document.id, error: own });
  }
  return failed;
}

/** Resolves to the error of documents, if there is one. Rejects with any other. */
async function refusal(adding: Promise<unknown>): Promise<BgeError | undefined> {
  try {
    await adding;
    return undefined;
  } catch (error) {
    // With an index, what the store says is said of a document.
    const isRefused = error instanceof BgeError && error.code === "STORE_FAILED" && error.indices !== undefined;
    if (isRefused || (isOfDocument(error) && error.indices !== undefined)) return error;
    throw error;
  }
}

function toStored({ id: document, version, chunks }: ChunkedDocument): StoredChunk[] {
  return chunks.map(({ text, position, fields }) => ({
    ...fields,
    id: chunkId(document, position),
    text,
    [INGESTED]: { document, version, position, chunks: chunks.length },
  }));
}
