import { bertNormalize, bertWords, strip, words } from "./bert.js";
import {
  createTokenizer,
  type Normalizer,
  OwnNormalizer,
  OwnPreTokenizer,
  type PreTokenizer,
  type Tokenizer,
} from "./library.js";
import { precompiled } from "./precompiled.js";

/** The steps of `tokenizer.json` that matter here. */
interface NormalizerStep {
  readonly type: string;
  readonly normalizers?: readonly NormalizerStep[];
  readonly precompiled_charsmap?: string;
  readonly clean_text?: boolean;
  readonly handle_chinese_chars?: boolean;
  readonly strip_accents?: boolean | null;
  readonly lowercase?: boolean;
  readonly strip_left?: boolean;
  readonly strip_right?: boolean;
}

interface PreTokenizerStep {
  readonly type: string;
  readonly pretokenizers?: readonly PreTokenizerStep[];
  readonly replacement?: string;
}

interface TokenizerJson {
  readonly normalizer?: NormalizerStep | null;
  readonly pre_tokenizer?: PreTokenizerStep | null;
  readonly added_tokens?: readonly { readonly content: string; readonly normalized: boolean }[];
}

/**
 * `@huggingface/tokenizers` with the ids of Hugging Face's Rust tokenizers. The library differs from Rust in a few steps of
 * normalising and splitting (Han beyond the BMP, final sigma, categories of a newer Unicode, the character map of XLM-R); its
 * fields for these steps are public, so ours stand in there. Special tokens, WordPiece and Unigram stay the library's.
 */
export function loadTokenizer(json: object, config: object): Tokenizer {
  const tokenizer = createTokenizer(json, config);
  const declared = json as TokenizerJson;
  tokenizer.normalizer = keepText(mendNormalizer(tokenizer.normalizer, declared.normalizer), declared);
  tokenizer.pre_tokenizer = mendPreTokenizer(tokenizer.pre_tokenizer, declared.pre_tokenizer);
  return tokenizer;
}

/** The library's step where it is exact, ours where it is not. */
function mendNormalizer(step: Normalizer | null, json: NormalizerStep | null | undefined): Normalizer | null {
  switch (json?.type) {
    case "BertNormalizer":
      return new OwnNormalizer(bertNormalize(json));
    case "Precompiled":
      return new OwnNormalizer(precompiled(json.precompiled_charsmap ?? ""));
    case "Strip":
      return new OwnNormalizer(strip(json));
    case "Sequence": {
      const own = (step as unknown as { normalizers: (Normalizer | null)[] }).normalizers;
      const steps = json.normalizers!.map((inner, i) => mendNormalizer(own[i]!, inner));
      return new OwnNormalizer((text) =>
        steps.reduce<string>((result, each) => each?.normalize(result) ?? result, text),
      );
    }
    default:
      return step;
  }
}

function mendPreTokenizer(step: PreTokenizer | null, json: PreTokenizerStep | null | undefined): PreTokenizer | null {
  switch (json?.type) {
    case "BertPreTokenizer":
      return new OwnPreTokenizer(bertWords);
    case "WhitespaceSplit":
      return new OwnPreTokenizer(words);
    case "Sequence": {
      const own = (step as unknown as { tokenizers: PreTokenizer[] }).tokenizers;
      const steps = json.pretokenizers!.map((inner, i) => mendPreTokenizer(own[i]!, inner)!);
      return new OwnPreTokenizer((text, options) =>
        steps.reduce<string[]>((parts, each) => each.pre_tokenize(parts, options), [text]),
      );
    }
    default:
      return step;
  }
}

/**
 * A text that only *becomes* "[SEP]" or "<s>" by normalising is text. The library takes a section that equals a special token
 * for that token, so such a section gets a blank that changes nothing: one that splitting drops, or the one that Metaspace
 * would have put in front.
 */
function keepText(normalizer: Normalizer | null, { added_tokens = [], pre_tokenizer }: TokenizerJson): Normalizer {
  const specials = new Set(added_tokens.filter((token) => !token.normalized).map((token) => token.content));
  const front = pre_tokenizer?.type === "Metaspace" ? (pre_tokenizer.replacement ?? "▁") : "";
  return new OwnNormalizer((text) => {
    const result = normalizer?.normalize(text) ?? text;
    if (!specials.has(result)) return result;
    return front === "" ? `${result} ` : front + result;
  });
}
