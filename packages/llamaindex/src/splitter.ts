import { BgeError, type Embedder } from "@bge-js/core";
import { type AdapterModel, openTokenizer } from "@bge-js/core/adapter";
import { SentenceSplitter } from "@llamaindex/core/node-parser";

/** Parts of a sentence, as LlamaIndex has them, and punctuation that follows punctuation, which it would drop. */
const PARTS = "[^,.;。？！]+[,.;。？！]?|[,.;。？！]";

export interface BgeSentenceSplitterFields {
  /** The embedding model that is to read the nodes, on this machine or loaded. @default the embedded model */
  readonly model?: AdapterModel<Embedder>;
  /** Its longest input in tokens, if it is loaded with another. @default the model's */
  readonly maxTokens?: number;
  /** Tokens of a node, metadata included. @default what the model reads, without `chunkOverlap`: 446 of 512 */
  readonly chunkSize?: number;
  /** Tokens that a node may have in common with the one before. @default an eighth */
  readonly chunkOverlap?: number;
  readonly paragraphSeparator?: string;
  readonly extraAbbreviations?: string[];
}

/**
 * LlamaIndex's `SentenceSplitter` with the tokens of the embedding model and no node longer than what that reads. LlamaIndex's own
 * default is 1,024 tokens of OpenAI's, of which bge-small-en-v1.5 reads the first half and cuts the rest.
 *
 * Reads the tokenizer in this thread and loads no model.
 *
 * ```ts
 * Settings.nodeParser = new BgeSentenceSplitter();
 * new BgeSentenceSplitter({ chunkSize: 256 }); // shorter nodes
 * new BgeSentenceSplitter({ model: embedder }); // of a loaded Embedder
 * ```
 */
export class BgeSentenceSplitter extends SentenceSplitter {
  /**
   * Throws `INVALID_OPTION` where `chunkSize` and `chunkOverlap` together are more than the model reads, since LlamaIndex puts the
   * overlap before a chunk of full size; `MODEL_NOT_FOUND` for a model that was not downloaded yet.
   */
  constructor(fields: BgeSentenceSplitterFields = {}) {
    const { model, maxTokens, ...params } = fields;
    const { encode, decode, room } = openTokenizer(model, maxTokens === undefined ? {} : { maxTokens });
    // What stands between metadata and text is tokens in some vocabularies; and a character that was cut is made whole.
    const most = room - encode("\n\n").length - 1;
    const { chunkOverlap = overlapOf(params.chunkSize, most), chunkSize = most - chunkOverlap } = params;
    if (!(chunkSize + chunkOverlap <= most)) {
      const message = `chunkSize (${chunkSize}) and chunkOverlap (${chunkOverlap}) are more than the ${most} tokens of a text that the model reads.`;
      throw new BgeError("INVALID_OPTION", message, { parameter: "chunkSize" });
    }
    const tokenizer = {
      encode: (text: string) => Uint32Array.from(encode(text)),
      decode: (tokens: Uint32Array) => decode(Array.from(tokens)),
    };
    super({ secondaryChunkingRegex: PARTS, ...params, chunkSize, chunkOverlap, tokenizer });
  }

  /** LlamaIndex cuts a word that is too long between UTF-16 units; half a character is no text for the model. */
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
