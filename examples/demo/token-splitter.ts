import { RecursiveCharacterTextSplitter } from "@langchain/textsplitters";

/**
 * Tokens per chunk, and how many of them the next one repeats: less than the model's 512, and enough for one thought.
 */
const CHUNK_TOKENS = 256;
const OVERLAP_TOKENS = 32;

/** Ends of sentences, including scripts without spaces: tried after paragraphs and lines, before words. */
const SENTENCE_ENDS = [". ", "。"];

/** LangChain's splitter, but counting the model's tokens instead of characters. */
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
    // The last resort is to split between characters; the base class would split surrogate pairs.
    if (separator === "") return Array.from(text);
    // The base class puts a separator before the text that follows, as is right for a heading.
    if (SENTENCE_ENDS.includes(separator)) return splitAfter(text, separator);
    return super.splitOnSeparator(text, separator);
  }
}

function splitAfter(text: string, end: string): string[] {
  const parts = text.split(end);
  const last = parts.pop() ?? "";
  return [...parts.map((part) => part + end), last].filter((part) => part !== "");
}
