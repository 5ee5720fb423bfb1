import {
  BgeError,
  createTokenCounter,
  type Embedder,
  type ModelReference,
  splitText,
  type TextChunk,
  type TextFormat,
} from "@bge-js/core";
import { Document } from "@langchain/core/documents";
import { TextSplitter, type TextSplitterChunkHeaderOptions } from "@langchain/textsplitters";

export interface BgeTextSplitterFields {
  /** The embedding model for the chunks, installed or loaded. @default the embedded model */
  readonly model?: Embedder | string | URL | ModelReference;
  /** The model's maximum input in tokens, if loaded with a different one. @default the model's */
  readonly maxTokens?: number;
  /** Maximum tokens per chunk. @default 256 */
  readonly chunkSize?: number;
  /** Maximum tokens that a chunk repeats of the one before. @default 0 */
  readonly chunkOverlap?: number;
  /** @default "markdown" */
  readonly format?: TextFormat;
}

/** Tokens of a chunk: enough for one thought. */
const CHUNK_SIZE = 256;

/**
 * A LangChain text splitter that counts the embedding model's tokens, with no chunk longer than the model reads: see `splitText`
 * of `@bge-js/core`. The documents it makes have their lines in `metadata.loc`, and the headings they stand under in
 * `metadata.headings`.
 *
 * Reads the tokenizer in this thread, and does not load the model.
 *
 * @example
 * ```ts
 * const documents = await new BgeTextSplitter().createDocuments([markdown]);
 * new BgeTextSplitter({ format: "code", chunkSize: 400 });
 * ```
 */
export class BgeTextSplitter extends TextSplitter {
  readonly format: TextFormat;

  static override lc_name(): string {
    return "BgeTextSplitter";
  }

  /** @throws BgeError `INVALID_OPTION`, for a `chunkSize` over what the model reads too; `MODEL_NOT_FOUND` if it has not been downloaded */
  constructor(fields: BgeTextSplitterFields = {}) {
    const { model, maxTokens, chunkSize = CHUNK_SIZE, chunkOverlap = 0, format = "markdown" } = fields;
    const counter = createTokenCounter(model, maxTokens === undefined ? {} : { maxTokens });
    const size = fields.chunkSize === undefined ? Math.min(chunkSize, counter.maxTokens) : chunkSize;
    if (!(size <= counter.maxTokens)) {
      const message = `chunkSize (${size}) exceeds the ${counter.maxTokens} tokens of text that the model reads.`;
      throw new BgeError("INVALID_OPTION", message, { parameter: "chunkSize" });
    }
    // What is wrong with the options is told at once.
    splitText("", { format, maxTokens: size, overlapTokens: chunkOverlap, countTokens: counter.countTokens });
    super({ chunkSize: size, chunkOverlap, keepSeparator: true, lengthFunction: counter.countTokens });
    this.format = format;
  }

  async splitText(text: string): Promise<string[]> {
    return this.divide(text).map((chunk) => chunk.text);
  }

  /** As LangChain's, with the headings in the metadata. The headers count as tokens of the chunk. */
  override async createDocuments(
    texts: string[],
    metadatas: Record<string, unknown>[] = [],
    {
      chunkHeader = "",
      chunkOverlapHeader = "(cont'd) ",
      appendChunkOverlapHeader = false,
    }: TextSplitterChunkHeaderOptions = {},
  ): Promise<Document[]> {
    const later = chunkHeader + (appendChunkOverlapHeader ? chunkOverlapHeader : "");
    return texts.flatMap((text, i) => {
      const metadata = metadatas[i] ?? {};
      const loc = typeof metadata["loc"] === "object" ? metadata["loc"] : {};
      let [line, at] = [1, 0];
      return this.divide(text, later).map(({ text: own, start, headings }, index) => {
        // A chunk may begin before the end of the one before.
        line += linesIn(text.slice(at, start));
        at = start;
        return new Document({
          pageContent: (index === 0 ? chunkHeader : later) + own,
          metadata: {
            ...metadata,
            loc: { ...loc, lines: { from: line, to: line + linesIn(own) } },
            ...(headings.length > 0 && { headings: headings.join(" > ") }),
          },
        });
      });
    });
  }

  private divide(text: string, header = ""): TextChunk[] {
    const countTokens = this.lengthFunction as (text: string) => number;
    // The end of the one and the beginning of the other may be one token more together.
    const taken = header === "" ? 0 : countTokens(header) + 1;
    if (taken >= this.chunkSize) {
      const message = `The chunk header takes ${taken} tokens, and leaves none of chunkSize (${this.chunkSize}) for the text.`;
      throw new BgeError("INVALID_OPTION", message, { parameter: "chunkHeader" });
    }
    const maxTokens = this.chunkSize - taken;
    const overlapTokens = Math.min(this.chunkOverlap, Math.floor(maxTokens / 2));
    return splitText(text, { format: this.format, maxTokens, overlapTokens, countTokens });
  }
}

function linesIn(text: string): number {
  return text.split("\n").length - 1;
}
