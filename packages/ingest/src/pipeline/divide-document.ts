import { BgeError } from "@bge-js/core";
import { checkText, fieldsAsJson, messageOf } from "@bge-js/core/adapter";
import type { AnyDocument, Chunk, ChunkFunction, GivenChunk } from "../api.js";
import { INGESTED, unusable } from "./documents.js";

/** Runs the caller's function. @throws BgeError `INVALID_INPUT` for what it throws, and for chunks that cannot be used */
export async function divideDocument(
  document: AnyDocument,
  chunk: ChunkFunction<AnyDocument>,
  signal: AbortSignal,
): Promise<Chunk[]> {
  const { id: _, text: __, ...fields } = document;
  const chunks: Chunk[] = [];
  try {
    const all: unknown = await chunk(document, { signal });
    // It is iterable, too: each character would be a chunk.
    if (typeof all === "string") throw unusable("cannot be divided: chunk returned a string, not a list of them");
    for await (const given of all as Iterable<GivenChunk> | AsyncIterable<GivenChunk>) {
      chunks.push(toChunk(given, chunks.length, fields));
    }
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof BgeError) throw cause;
    throw new BgeError("INVALID_INPUT", `chunk failed: ${messageOf(cause)}`, { parameter: "chunk", cause });
  }
  if (chunks.length === 0) throw unusable("has no text to store: chunk gave nothing for it");
  return chunks;
}

function toChunk(given: GivenChunk, position: number, fields: Readonly<Record<string, unknown>>): Chunk {
  const { text, ...own } = typeof given === "string" ? { text: given } : (given ?? {});
  checkText(text as string, `chunk ${position}`);
  if ("id" in own || INGESTED in own) {
    throw unusable(`cannot be divided so: chunk ${position} has a field id or ${INGESTED}, which stores set`);
  }
  const kept = fieldsAsJson(own);
  if (typeof kept === "string") throw unusable(`cannot be stored: chunk ${position} ${kept}`);
  return { text: text as string, position, fields: { ...fields, ...kept.copy } };
}
