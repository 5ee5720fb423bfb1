import { createRequire } from "node:module";

/** Converts text to token ids and back, with the results of Hugging Face's Rust tokenizers. */
export interface Tokenizer {
  /** Encodes a text. Keeps at most `most` ids, but counts all. @default all are kept */
  encode(
    text: string,
    options: { readonly add_special_tokens: boolean; readonly most?: number },
  ): { readonly ids: readonly number[]; readonly total: number };
  /** Returns the text of ids, special tokens included, as transformers' `decode` does. */
  decode(ids: readonly number[]): string;
  token_to_id(token: string): number | undefined;
  /** The largest id of any token. */
  readonly largestId: number;
}

export type Normalize = (text: string) => string;

/** Splits a piece of text into words. `first` is true if the piece begins the whole text. */
export type SplitWords = (text: string, first: boolean) => Iterable<string>;

/** Receives ids one by one, so that those of a long text need not all be in memory. */
export interface Ids {
  push(id: number): void;
}

/** Appends the ids of words. */
export type Model = (words: Iterable<string>, ids: Ids) => void;

/**
 * The part of `@huggingface/tokenizers` that we use. Typed here because its declarations import without file
 * extensions, which TypeScript's NodeNext resolution does not support.
 */
interface LibraryTokenizer {
  readonly normalizer: { normalize(text: string): string } | null;
  readonly pre_tokenizer: { pre_tokenize(text: string, options: { readonly section_index: number }): string[] } | null;
  readonly model: ((words: readonly string[]) => string[]) & {
    readonly tokens_to_ids: ReadonlyMap<string, number>;
    readonly unk_token_id: number | undefined;
  };
}

interface Library {
  readonly Tokenizer: new (json: object, config: object) => LibraryTokenizer;
}

/** Loads the library when a step first needs it, which most tokenizers never do: a bundle has no `import.meta.url` to begin with. */
function openLibrary(json: object, config: object): LibraryTokenizer {
  const require = createRequire(import.meta.url);
  const { Tokenizer } = require("@huggingface/tokenizers") as Library;
  return new Tokenizer({ ...EMPTY, ...json }, config);
}

/** A `tokenizer.json` without any steps, with which the library can run a single one. */
const EMPTY = {
  normalizer: null,
  pre_tokenizer: null,
  model: { type: "BPE", vocab: {}, merges: [] },
  post_processor: null,
  decoder: null,
  added_tokens: [],
};

export function libraryNormalizer(normalizer: object): Normalize {
  const step = openLibrary({ normalizer }, {}).normalizer;
  return (text) => step?.normalize(text) ?? text;
}

export function librarySplit(preTokenizer: object): SplitWords {
  const step = openLibrary({ pre_tokenizer: preTokenizer }, {}).pre_tokenizer;
  return (text, first) => step?.pre_tokenize(text, { section_index: first ? 0 : 1 }) ?? [text];
}

export function libraryModel(model: object, config: object): Model {
  const { model: step } = openLibrary({ model }, config);
  return (words, ids) => {
    for (const some of chunks(words)) {
      for (const token of step(some)) ids.push(step.tokens_to_ids.get(token) ?? step.unk_token_id!);
    }
  };
}

const WORDS_AT_ONCE = 1000;

function* chunks(words: Iterable<string>): Generator<string[], void, undefined> {
  let chunk: string[] = [];
  for (const word of words) {
    if (chunk.push(word) < WORDS_AT_ONCE) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
