import { BgeError } from "../api/errors.js";
import { isRecord } from "../model/json-file.js";
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

/** Ids stay exact in float32, as they come back with lexical weights. */
export const IDS = 2 ** 24;
const MODELS = ["WordPiece", "BPE", "Unigram"];

/** Refuses what is no `tokenizer.json`; gives it back as what it is. Its vocabulary is checked where it is read. */
export function checkTokenizerJson(json: object): TokenizerJson {
  const { model, added_tokens: added = [] } = json as { model?: unknown; added_tokens?: unknown };
  if (!isRecord(model)) throw corrupt("it has no model");
  const { type, merges = [] } = model;
  if (type !== undefined && !MODELS.includes(type as string)) {
    throw new BgeError(
      "UNSUPPORTED_MODEL",
      `tokenizer.json has a model ${JSON.stringify(type)}: ${MODELS} can be run.`,
    );
  }
  if (!Array.isArray(merges)) throw corrupt("its merges are no list");
  if (!Array.isArray(added) || !added.every(isAdded)) {
    throw corrupt("its added tokens are no list of texts with their ids");
  }
  return json as TokenizerJson;
}

export function isId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < IDS;
}

function isAdded(token: unknown): boolean {
  return isRecord(token) && typeof token["content"] === "string" && isId(token["id"]);
}

export function corrupt(problem: string): BgeError {
  return new BgeError("MODEL_CORRUPT", `tokenizer.json cannot be used: ${problem}. Get it again.`);
}

/** A model's tokens, by id and, where its file gives each an id, by text. */
export interface Vocabulary {
  /** Added tokens among them; there may be gaps. */
  readonly tokens: readonly (string | undefined)[];
  /** Without added tokens. Empty for Unigram, which lists its tokens in order. */
  readonly ids: ReadonlyMap<string, number>;
}

/** Reads and checks a vocabulary in one go: it is the largest part of what opening a tokenizer takes. */
export function readVocabulary({ vocab }: ModelStep, added: readonly AddedToken[]): Vocabulary {
  const tokens: (string | undefined)[] = [];
  const ids = new Map<string, number>();
  if (Array.isArray(vocab)) {
    for (const entry of vocab as readonly unknown[]) {
      if (!isScored(entry)) throw corrupt("its vocabulary holds what is not a token with its score");
      tokens.push(entry[0]);
    }
  } else {
    if (!isRecord(vocab)) throw noIds();
    // Keys, for pairs of key and value take three times as long.
    for (const token of Object.keys(vocab)) {
      const id = vocab[token];
      if (!isId(id)) throw noIds();
      tokens[id] = token;
      ids.set(token, id);
    }
  }
  for (const { content, id } of added) tokens[id] = content;
  return { tokens, ids };
}

function noIds() {
  return corrupt(`its vocabulary does not give each token an id of 0 to ${IDS - 1}`);
}

function isScored(entry: unknown): entry is readonly [string, number] {
  return Array.isArray(entry) && typeof entry[0] === "string" && Number.isFinite(entry[1]);
}
