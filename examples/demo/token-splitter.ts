import { RecursiveCharacterTextSplitter } from "@langchain/textsplitters";

/** Tokens in a chunk, and how many of them the next one repeats: below the model's 512, and enough for one thought. */
const CHUNK_TOKENS = 256;
const OVERLAP_TOKENS = 32;

/** Ends of sentences, in scripts without spaces too: tried after paragraphs and lines, before words. */
const SENTENCE_ENDS = [". ", "。"];

/** LangChain's splitter, counting the model's tokens instead of characters. */
export class TokenSplitter extends RecursiveCharacterTextSplitter {
  constructor(markdown: boolean, countTokens: (text: string) => Promise<number>) {
    const separators = markdown
      ? RecursiveCharacterTextSplitter.getSeparatorsForLanguage("markdown")
      : ["\n\n", "\n", " ", ""];
    super({
      separators: separators.toSpliced(-2, 0, ...SENTENCE_ENDS),
      chunkSize: CHUNK_TOKENS,
      chunkOverlap: OVERLAP_TOKENS,
      lengthFunction: countTokens,
    });
  }

  protected override splitOnSeparator(text: string, separator: string): string[] {
    // The last resort is between characters; the base class would cut those outside the Basic Multilingual Plane in half.
    if (separator === "") return Array.from(text);
    // The base class puts a separator before what follows it, as is right for a heading.
    if (SENTENCE_ENDS.includes(separator)) return splitAfter(text, separator);
    return super.splitOnSeparator(text, separator);
  }
}

function splitAfter(text: string, end: string): string[] {
  const parts = text.split(end);
  const last = parts.pop() ?? "";
  return [...parts.map((part) => part + end), last].filter((part) => part !== "");
}
