import {
  BgeError,
  createTokenCounter,
  type Embedder,
  type ModelReference,
  splitText,
  type TextFormat,
} from "@bge-js/core";
import { MetadataAwareTextSplitter } from "@llamaindex/core/node-parser";

export interface BgeTextSplitterFields {
  /** The embedding model for the nodes, installed or loaded. @default the embedded model */
  readonly model?: Embedder | string | URL | ModelReference;
  /** The model's maximum input in tokens, if loaded with a different one. @default the model's */
  readonly maxTokens?: number;
  /** Maximum tokens per node, metadata included. @default 256 */
  readonly chunkSize?: number;
  /** Maximum tokens that a node repeats of the one before. @default 0 */
  readonly chunkOverlap?: number;
  /** @default "markdown" */
  readonly format?: TextFormat;
}

/** Tokens of a node: enough for one thought. */
const CHUNK_SIZE = 256;

/**
 * A LlamaIndex node parser for Markdown and code that counts the embedding model's tokens, with no node longer than the
 * model reads: see `splitText` of `@bge-js/core`.
 *
 * Reads the tokenizer in this thread, and does not load the model.
 *
 * @example
 * ```ts
 * Settings.nodeParser = new BgeTextSplitter({ format: "code", chunkSize: 400 });
 * ```
 */
export class BgeTextSplitter extends MetadataAwareTextSplitter {
  readonly chunkSize: number;
  readonly chunkOverlap: number;
  readonly format: TextFormat;
  // Not #private, because tracers call methods on a Proxy.
  private readonly countTokens: (text: string) => number;

  /** @throws BgeError `INVALID_OPTION`, for a `chunkSize` over what the model reads too; `MODEL_NOT_FOUND` if it has not been downloaded */
  constructor(fields: BgeTextSplitterFields = {}) {
    super();
    const { model, maxTokens, chunkSize = CHUNK_SIZE, chunkOverlap = 0, format = "markdown" } = fields;
    const counter = createTokenCounter(model, maxTokens === undefined ? {} : { maxTokens });
    this.countTokens = counter.countTokens;
    this.chunkSize = fields.chunkSize === undefined ? Math.min(chunkSize, counter.maxTokens) : chunkSize;
    this.chunkOverlap = chunkOverlap;
    this.format = format;
    if (!(this.chunkSize <= counter.maxTokens)) {
      const message = `chunkSize (${chunkSize}) exceeds the ${counter.maxTokens} tokens of text that the model reads.`;
      throw new BgeError("INVALID_OPTION", message, { parameter: "chunkSize" });
    }
    // What is wrong with the options is told at once.
    const { countTokens } = counter;
    splitText("", { format, maxTokens: this.chunkSize, overlapTokens: chunkOverlap, countTokens });
  }

  splitText(text: string): string[] {
    return this.splitTextMetadataAware(text, "");
  }

  /** LlamaIndex puts the metadata and a blank line before a node's text. */
  splitTextMetadataAware(text: string, metadata: string): string[] {
    // The end of the one and the beginning of the other may be one token more together.
    const taken = metadata === "" ? 0 : this.countTokens(`${metadata}\n\n`) + 1;
    if (taken >= this.chunkSize) {
      const message = `The metadata of a document take ${taken} tokens, and leave none of chunkSize (${this.chunkSize}) for its text.`;
      throw new BgeError("INVALID_INPUT", message, { parameter: "metadata" });
    }
    const maxTokens = this.chunkSize - taken;
    return splitText(text, {
      format: this.format,
      maxTokens,
      overlapTokens: Math.min(this.chunkOverlap, Math.floor(maxTokens / 2)),
      countTokens: this.countTokens,
    }).map((chunk) => chunk.text);
  }
}
