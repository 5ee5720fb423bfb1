import type { Embedder } from "../api/embedder.js";
import { invalid } from "../api/errors.js";
import type { ModelReference } from "../api/model.js";
import type { TextChunk, TextFormat } from "../api/split.js";
import { createTokenCounter, splitText } from "../split-text.js";

/** The fields of every adapter's text splitter. */
export interface TextSplitterFields {
  /** The embedding model for the chunks, installed or loaded. @default the embedded model */
  readonly model?: Embedder | string | URL | ModelReference;
  /** The model's maximum input in tokens, if loaded with a different one. @default the model's */
  readonly maxTokens?: number;
  /** Maximum tokens per chunk, with all that stands before its text. @default 256 */
  readonly chunkSize?: number;
  /** Maximum tokens that a chunk repeats of the one before. @default 0 */
  readonly chunkOverlap?: number;
  /** @default "markdown" */
  readonly format?: TextFormat;
}

/** How an adapter's text splitter divides, its fields checked. */
export interface SplitterLimits {
  readonly chunkSize: number;
  readonly chunkOverlap: number;
  readonly format: TextFormat;
  readonly countTokens: (text: string) => number;
}

/** Tokens of a chunk: enough for one thought. */
const CHUNK_SIZE = 256;

/** @throws BgeError `INVALID_OPTION`, for a `chunkSize` over what the model reads too; `MODEL_NOT_FOUND` if it has not been downloaded */
export function splitterLimits(fields: TextSplitterFields): SplitterLimits {
  const { model, maxTokens, chunkOverlap = 0, format = "markdown" } = fields;
  const { countTokens, maxTokens: most } = createTokenCounter(model, maxTokens === undefined ? {} : { maxTokens });
  const chunkSize = fields.chunkSize === undefined ? Math.min(CHUNK_SIZE, most) : fields.chunkSize;
  if (!(chunkSize <= most)) {
    throw invalid("chunkSize", `(${chunkSize}) exceeds the ${most} tokens of text that the model reads`);
  }
  // What is wrong with the options is told at once.
  splitText("", { format, maxTokens: chunkSize, overlapTokens: chunkOverlap, countTokens });
  return { chunkSize, chunkOverlap, format, countTokens };
}

/** Tokens that text put before a chunk takes of it: its end and the chunk's beginning may be one token more together. */
export function tokensBefore(text: string, countTokens: SplitterLimits["countTokens"]): number {
  return text === "" ? 0 : countTokens(text) + 1;
}

/** Divides a text into chunks that leave room for so many tokens, fewer than `chunkSize`, before each. */
export function splitBehind(
  text: string,
  taken: number,
  { chunkSize, chunkOverlap, format, countTokens }: SplitterLimits,
): TextChunk[] {
  const maxTokens = chunkSize - taken;
  const overlapTokens = Math.min(chunkOverlap, Math.floor(maxTokens / 2));
  return splitText(text, { format, maxTokens, overlapTokens, countTokens });
}
