import { BgeError, type TextFormat } from "@bge-js/core";
import { splitBehind, splitterLimits, type TextSplitterFields, tokensBefore } from "@bge-js/core/adapter";
import { MetadataAwareTextSplitter } from "@llamaindex/core/node-parser";

export interface BgeTextSplitterFields extends TextSplitterFields {}

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
    const { chunkSize, chunkOverlap, format, countTokens } = splitterLimits(fields);
    this.chunkSize = chunkSize;
    this.chunkOverlap = chunkOverlap;
    this.format = format;
    this.countTokens = countTokens;
  }

  splitText(text: string): string[] {
    return this.splitTextMetadataAware(text, "");
  }

  /** LlamaIndex puts the metadata and a blank line before a node's text. */
  splitTextMetadataAware(text: string, metadata: string): string[] {
    const { chunkSize, chunkOverlap, format, countTokens } = this;
    const taken = metadata === "" ? 0 : tokensBefore(`${metadata}\n\n`, countTokens);
    if (taken >= chunkSize) {
      const message = `The metadata of a document take ${taken} tokens, and leave none of chunkSize (${chunkSize}) for its text.`;
      throw new BgeError("INVALID_INPUT", message, { parameter: "metadata" });
    }
    return splitBehind(text, taken, { chunkSize, chunkOverlap, format, countTokens }).map((chunk) => chunk.text);
  }
}
