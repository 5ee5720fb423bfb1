/** How a text is written, which says where it can be cut. */
export type TextFormat = "text" | "markdown" | "code";

export interface SplitOptions {
  /** Most tokens of a chunk, as `countTokens` counts them. */
  readonly maxTokens: number;
  /**
   * Counts a text's tokens, on the caller's thread: see `createTokenCounter`. It must be a function of the text alone, and is called many times.
   */
  readonly countTokens: (text: string) => number;
  /** Most tokens that a chunk repeats of the one before it; at most half of `maxTokens`. @default 0 */
  readonly overlapTokens?: number;
  /** @default "text" */
  readonly format?: TextFormat;
}

/** A part of a text. */
export interface TextChunk {
  /** `text.slice(start, end)` of the whole text. */
  readonly text: string;
  /** Where it starts and ends in the whole text, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** Its tokens, as `countTokens` counts them. */
  readonly tokens: number;
  /**
   * The headings that it stands under, outermost first, without Markdown's marks. Those that are in its own text are not
   * repeated here, so that `[...headings, text]` says everything once.
   */
  readonly headings: readonly string[];
}

/** Counts a model's tokens, on the calling thread. */
export interface TokenCounter {
  /** Returns the number of a text's tokens, without the special ones around it. */
  readonly countTokens: (text: string) => number;
  /** The most tokens that a document may have to be read whole. */
  readonly maxTokens: number;
}
