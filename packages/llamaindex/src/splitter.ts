import { BgeError, type Embedder } from "@bge-js/core";
import { type AdapterModel, checkOwn, openTokenizer } from "@bge-js/core/adapter";
import { SentenceSplitter } from "@llamaindex/core/node-parser";

/** LlamaIndex's pattern for parts of a sentence, plus repeated punctuation, which it would drop. */
const PARTS = "[^,.;。？！]+[,.;。？！]?|[,.;。？！]";

export interface BgeSentenceSplitterFields {
  /** The embedding model for the nodes, installed or loaded. @default the embedded model */
  readonly model?: AdapterModel<Embedder>;
  /** The model's maximum input in tokens, if loaded with a different one. @default the model's */
  readonly maxTokens?: number;
  /** Maximum tokens per node, metadata included. @default what the model reads, without `chunkOverlap`: 446 of 512 */
  readonly chunkSize?: number;
  /** Maximum tokens that a node shares with the one before. @default an eighth */
  readonly chunkOverlap?: number;
  readonly paragraphSeparator?: string;
  readonly extraAbbreviations?: string[];
}

/**
 * LlamaIndex's `SentenceSplitter`, but with the embedding model's tokens, and with no node longer than the model reads.
 * LlamaIndex's default is 1,024 OpenAI tokens, of which bge-small-en-v1.5 reads half and truncates the rest.
 *
 * Reads the tokenizer in this thread, and does not load the model.
 *
 * @example
 * ```ts
 * Settings.nodeParser = new BgeSentenceSplitter();
 * new BgeSentenceSplitter({ chunkSize: 256 }); // shorter nodes
 * new BgeSentenceSplitter({ model: embedder }); // for a loaded Embedder
 * ```
 */
export class BgeSentenceSplitter extends SentenceSplitter {
  /**
   * @throws BgeError `INVALID_OPTION` if `chunkSize` and `chunkOverlap` together exceed what the model reads, because
   * LlamaIndex puts the overlap before a chunk of full size; `MODEL_NOT_FOUND` if the model has not been downloaded
   */
  constructor(fields: BgeSentenceSplitterFields = {}) {
    checkOwn(fields, "BgeSentenceSplitter");
    const { model, maxTokens, ...params } = fields;
    const { encode, decode, room } = openTokenizer(model, maxTokens === undefined ? {} : { maxTokens });
    // The separator between metadata and text takes tokens in some vocabularies, and completing a split character takes
    // one more.
    const most = room - encode("\n\n").length - 1;
    const { chunkOverlap = overlapOf(params.chunkSize, most), chunkSize = most - chunkOverlap } = params;
    if (!(chunkSize + chunkOverlap <= most)) {
      const message = `chunkSize (${chunkSize}) and chunkOverlap (${chunkOverlap}) together exceed the ${most} tokens of text that the model reads.`;
      throw new BgeError("INVALID_OPTION", message, { parameter: "chunkSize" });
    }
    const tokenizer = {
      encode: (text: string) => Uint32Array.from(encode(text)),
      decode: (tokens: Uint32Array) => decode(Array.from(tokens)),
    };
    super({ secondaryChunkingRegex: PARTS, ...params, chunkSize, chunkOverlap, tokenizer });
  }

  /**
   * Moves LlamaIndex's cuts of overlong words off the middle of surrogate pairs: half a character is not valid text.
   */
  override _splitText(text: string, chunkSize: number): string[] {
    let from = 0;
    return super._splitText(text, chunkSize).map((chunk) => {
      const found = text.indexOf(chunk, from);
      if (found === -1) return chunk.toWellFormed();
      from = found;
      if (chunk.isWellFormed()) return chunk;
      const start = cutsCharacter(text, found) ? found - 1 : found;
      const end = found + chunk.length;
      return text.slice(start, cutsCharacter(text, end) ? end - 1 : end);
    });
  }
}

function cutsCharacter(text: string, at: number): boolean {
  return at > 0 && (text.codePointAt(at - 1) ?? 0) > 0xffff;
}

function overlapOf(chunkSize: number | undefined, most: number): number {
  if (chunkSize === undefined) return Math.floor(most / 8);
  return Math.max(0, Math.min(Math.floor(chunkSize / 8), most - chunkSize));
}
