import { BgeError, type TextChunk, type TextFormat } from "@bge-js/core";
import { splitBehind, splitterLimits, type TextSplitterFields, tokensBefore } from "@bge-js/core/adapter";
import { Document } from "@langchain/core/documents";
import { TextSplitter, type TextSplitterChunkHeaderOptions } from "@langchain/textsplitters";

export interface BgeTextSplitterFields extends TextSplitterFields {}

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
    const { chunkSize, chunkOverlap, format, countTokens } = splitterLimits(fields);
    super({ chunkSize, chunkOverlap, keepSeparator: true, lengthFunction: countTokens });
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
    const { chunkSize, chunkOverlap, format } = this;
    const countTokens = this.lengthFunction as (text: string) => number;
    const taken = tokensBefore(header, countTokens);
    if (taken >= chunkSize) {
      const message = `The chunk header takes ${taken} tokens, and leaves none of chunkSize (${chunkSize}) for the text.`;
      throw new BgeError("INVALID_OPTION", message, { parameter: "chunkHeader" });
    }
    return splitBehind(text, taken, { chunkSize, chunkOverlap, format, countTokens });
  }
}

function linesIn(text: string): number {
  return text.split("\n").length - 1;
}
