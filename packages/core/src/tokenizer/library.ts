import { createRequire } from "node:module";

/** Text to token ids and back, with the results of Hugging Face's Rust tokenizers. */
export interface Tokenizer {
  /** `most`: so many ids are kept, all are counted. @default all are kept */
  encode(
    text: string,
    options: { readonly add_special_tokens: boolean; readonly most?: number },
  ): { readonly ids: readonly number[]; readonly total: number };
  /** The text of ids, special tokens included, as transformers' `decode` writes it. */
  decode(ids: readonly number[]): string;
  token_to_id(token: string): number | undefined;
  /** Of all tokens that there are. */
  readonly largestId: number;
}

export type Normalize = (text: string) => string;

/** Words of a piece of text; `first`: nothing of the whole text stands before the piece. */
export type SplitWords = (text: string, first: boolean) => Iterable<string>;

/** Takes ids one by one, so that a long text need not have all of them in memory. */
export interface Ids {
  push(id: number): void;
}

/** Adds the ids of words. */
export type Model = (words: Iterable<string>, ids: Ids) => void;

/** What we use of `@huggingface/tokenizers`, typed here: its declarations import without file extensions, which TypeScript's NodeNext resolution does not follow. */
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

const require = createRequire(import.meta.url);

/** Loaded when a step first needs it: most tokenizers have none that does. */
function openLibrary(json: object, config: object): LibraryTokenizer {
  const { Tokenizer } = require("@huggingface/tokenizers") as Library;
  return new Tokenizer({ ...EMPTY, ...json }, config);
}

/** A `tokenizer.json` without any step, for the library to run one of them. */
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
