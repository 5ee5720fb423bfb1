import { BgeError, createTokenCounter, type Embedder, splitText, type TokenCounter } from "@bge-js/core";
import { messageOf } from "@bge-js/core/adapter";
import type { AnyDocument, ChunkFunction } from "../api.js";

/** Divides documents by `splitText` into chunks that the model reads whole. */
export function defaultChunk(embedder: Embedder): {
  readonly chunk: ChunkFunction<AnyDocument>;
  readonly recipe: string;
} {
  const counter = open(embedder);
  return {
    chunk: ({ text }) => splitText(text, counter).map((chunk) => chunk.text),
    recipe: `splitText, ${counter.maxTokens} tokens of ${embedder.spec.id}`,
  };
}

function open(embedder: Embedder): TokenCounter {
  try {
    return createTokenCounter(embedder);
  } catch (cause) {
    throw new BgeError("INVALID_OPTION", `chunk must be given: ${messageOf(cause)}`, { parameter: "chunk", cause });
  }
}
