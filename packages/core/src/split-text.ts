import { openTokenizer } from "./adapter/tokenizer.js";
import { abandon, isThenable } from "./api/callbacks.js";
import type { Embedder } from "./api/embedder.js";
import { invalid, shown } from "./api/errors.js";
import type { ModelReference } from "./api/model.js";
import type { EmbedderOptions } from "./api/options.js";
import type { SplitOptions, TextChunk, TextFormat, TokenCounter } from "./api/split.js";
import { type Checks, checkOptions, isCount, isFunction, oneOf } from "./checks.js";
import { type Block, paragraphs } from "./text/blocks.js";
import { codeBlocks } from "./text/code-blocks.js";
import { checkText } from "./text/input.js";
import { markdownBlocks } from "./text/markdown-blocks.js";
import { splitBlocks } from "./text/split.js";

const FORMATS: Readonly<Record<TextFormat, (text: string) => Block[]>> = {
  text: paragraphs,
  markdown: markdownBlocks,
  code: codeBlocks,
};

const SPLIT: Checks<SplitOptions> = {
  maxTokens: isCount,
  countTokens: isFunction,
  overlapTokens: (value) => (value === 0 ? undefined : isCount(value) && "an integer of at least 0"),
  format: oneOf(...Object.keys(FORMATS)),
};

/**
 * Splits a text into chunks that a model reads whole, counted in its own tokens. Each says where it stands in the text, and
 * under which headings. Chunks end where a block does (a paragraph, a block of code, a table, a declaration) and cut only one
 * that is too long by itself: at a sentence or a line if they can, else at a word. Nothing is lost but white space around
 * chunks. Runs on the calling thread, at some megabytes a second.
 *
 * No chunk has more than `maxTokens`, unless a single character has more.
 *
 * @example
 * ```ts
 * const counter = createTokenCounter();
 * const chunks = splitText(readFileSync("guide.md", "utf8"), { ...counter, maxTokens: 256, format: "markdown" });
 * ```
 * @returns the chunks in the text's order; `[]` for a blank text
 * @throws BgeError `INVALID_INPUT`, `INVALID_OPTION`
 */
export function splitText(text: string, options: SplitOptions): TextChunk[] {
  checkText(text, "text");
  const given = checkOptions(options, SPLIT, "splitText", ["maxTokens", "countTokens"]);
  const { maxTokens, overlapTokens = 0, format = "text" } = given;
  if (overlapTokens > maxTokens / 2) {
    throw invalid("overlapTokens", `must be at most half of maxTokens (${maxTokens}), not ${overlapTokens}`);
  }
  const countTokens = (part: string) => checkedCount(given.countTokens(part));
  return splitBlocks(text, FORMATS[format](text), { maxTokens, overlapTokens, countTokens });
}

/**
 * Opens the tokenizer of an embedding model, without its weights, to count tokens on the calling thread.
 *
 * @param model as for `loadEmbedder`, on this machine; or a loaded embedder @default the embedded bge-small-en-v1.5
 * @param options `maxTokens` if the model is loaded with another limit than its own
 * @throws BgeError `MODEL_NOT_FOUND` if it is not on this machine; `MODEL_MISMATCH` for a reranker; `MODEL_CORRUPT`,
 * `UNSUPPORTED_MODEL`, `INVALID_OPTION`
 */
export function createTokenCounter(
  model?: Embedder | string | URL | ModelReference,
  options: Pick<EmbedderOptions, "maxTokens"> = {},
): TokenCounter {
  const { count, room } = openTokenizer(model, options);
  return { countTokens: count, maxTokens: room };
}

function checkedCount(count: unknown): number {
  if (Number.isSafeInteger(count) && (count as number) >= 0) return count as number;
  abandon(count);
  const given = isThenable(count) ? "a promise: createTokenCounter gives one that does" : shown(count);
  throw invalid("countTokens", `must return a number of tokens, not ${given}`);
}
