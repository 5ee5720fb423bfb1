import * as library from "@huggingface/tokenizers";

/**
 * What we use of `@huggingface/tokenizers`, typed here: its declarations import without file extensions, which
 * TypeScript's NodeNext resolution does not follow.
 */
export interface Tokenizer {
  normalizer: Normalizer | null;
  pre_tokenizer: PreTokenizer | null;
  encode(text: string, options: { readonly add_special_tokens: boolean }): { readonly ids: readonly number[] };
  token_to_id(token: string): number | undefined;
}

export interface Normalizer {
  normalize(text: string): string;
}

export type SplitText = (text: string, options?: unknown) => string[];

export interface PreTokenizer {
  pre_tokenize_text: SplitText;
  pre_tokenize(text: string | readonly string[], options?: unknown): string[];
}

const classes = library as unknown as {
  readonly Tokenizer: new (json: object, config: object) => Tokenizer;
  readonly Normalizer: abstract new (config: object) => object;
  readonly PreTokenizer: abstract new () => Pick<PreTokenizer, "pre_tokenize">;
};

export const createTokenizer = (json: object, config: object): Tokenizer => new classes.Tokenizer(json, config);

/** A step of our own for normalising; the library demands its classes. */
export class OwnNormalizer extends classes.Normalizer implements Normalizer {
  readonly normalize: (text: string) => string;
  constructor(normalize: (text: string) => string) {
    super({});
    this.normalize = normalize;
  }
}

/** A step of our own for splitting. */
export class OwnPreTokenizer extends classes.PreTokenizer implements PreTokenizer {
  readonly pre_tokenize_text: SplitText;
  constructor(split: SplitText) {
    super();
    this.pre_tokenize_text = split;
  }
}
