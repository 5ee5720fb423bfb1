/** What `tokenizer.json` says, as far as it matters here. */
export interface TokenizerJson {
  readonly normalizer?: NormalizerStep | null;
  readonly pre_tokenizer?: PreTokenizerStep | null;
  readonly model: ModelStep;
  readonly post_processor?: PostProcessorStep | null;
  readonly decoder?: DecoderStep | null;
  readonly added_tokens?: readonly AddedToken[];
}

/** Text, or a regular expression. */
export interface Pattern {
  readonly String?: string;
  readonly Regex?: string;
}

export interface NormalizerStep {
  readonly type: string;
  readonly normalizers?: readonly NormalizerStep[];
  readonly precompiled_charsmap?: string;
  readonly clean_text?: boolean;
  readonly handle_chinese_chars?: boolean;
  readonly strip_accents?: boolean | null;
  readonly lowercase?: boolean;
  readonly strip_left?: boolean;
  readonly strip_right?: boolean;
  readonly pattern?: Pattern;
  readonly content?: string;
  readonly prepend?: string;
}

export interface PreTokenizerStep {
  readonly type: string;
  readonly pretokenizers?: readonly PreTokenizerStep[];
  readonly pattern?: Pattern;
  readonly behavior?: string;
  readonly invert?: boolean;
  readonly replacement?: string;
  readonly prepend_scheme?: "always" | "first" | "never";
  readonly split?: boolean;
  readonly add_prefix_space?: boolean;
  readonly use_regex?: boolean;
}

export interface ModelStep {
  readonly type?: string;
  readonly vocab: Readonly<Record<string, number>> | readonly (readonly [string, number])[];
}

export interface BpeStep extends ModelStep {
  readonly vocab: Readonly<Record<string, number>>;
  readonly merges: readonly (string | readonly [string, string])[];
  readonly dropout?: number | null;
  readonly unk_token?: string | null;
  readonly continuing_subword_prefix?: string | null;
  readonly end_of_word_suffix?: string | null;
  readonly fuse_unk?: boolean;
  readonly byte_fallback?: boolean;
  readonly ignore_merges?: boolean;
}

export interface WordPieceStep extends ModelStep {
  readonly unk_token: string;
  readonly continuing_subword_prefix?: string;
  readonly max_input_chars_per_word?: number;
}

export interface UnigramStep extends ModelStep {
  readonly vocab: readonly (readonly [string, number])[];
  readonly unk_id: number | null;
  readonly byte_fallback?: boolean;
}

export interface PostProcessorStep {
  readonly type: string;
  readonly processors?: readonly PostProcessorStep[];
  readonly single?: readonly TemplateItem[];
  readonly special_tokens?: Readonly<Record<string, { readonly ids: readonly number[] }>>;
  readonly cls?: readonly [string, number];
  readonly sep?: readonly [string, number];
}

interface TemplateItem {
  readonly SpecialToken?: { readonly id: string };
  readonly Sequence?: object;
}

export interface DecoderStep {
  readonly type: string;
  readonly decoders?: readonly DecoderStep[];
  readonly pattern?: Pattern;
  readonly content?: string;
  readonly start?: number;
  readonly stop?: number;
  readonly replacement?: string;
  readonly prepend_scheme?: "always" | "first" | "never";
  readonly prefix?: string;
  readonly cleanup?: boolean;
}

/** A token that is found in a text before anything else is done with it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly single_word?: boolean;
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
  readonly normalized?: boolean;
  readonly special?: boolean;
}
