import { BgeError } from "../api/errors.js";
import { isRecord } from "../model/json-file.js";
/** The parts of `tokenizer.json` that matter here. */
export interface TokenizerJson {
  readonly normalizer?: NormalizerStep | null;
  readonly pre_tokenizer?: PreTokenizerStep | null;
  readonly model: ModelStep;
  readonly post_processor?: PostProcessorStep | null;
  readonly decoder?: DecoderStep | null;
  readonly added_tokens?: readonly AddedToken[];
}

/** A literal string or a regular expression. */
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

/** A token that is matched in a text before any other step. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly single_word?: boolean;
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
  readonly normalized?: boolean;
  readonly special?: boolean;
}

/** Upper bound of ids: exact in float32, in which they are returned with lexical weights. */
export const IDS = 2 ** 24;
const MODELS = ["WordPiece", "BPE", "Unigram"];

/** Checks `tokenizer.json` and returns it typed. Its vocabulary is checked by `readVocabulary`. */
export function checkTokenizerJson(json: object): TokenizerJson {
  const { model, added_tokens: added = [] } = json as { model?: unknown; added_tokens?: unknown };
  if (!isRecord(model)) throw corrupt("it has no model");
  const { type, merges = [] } = model;
  if (type !== undefined && !MODELS.includes(type as string)) {
    throw new BgeError(
      "UNSUPPORTED_MODEL",
      `tokenizer.json has a model of type ${JSON.stringify(type)}. Supported are ${MODELS.join(", ")}.`,
    );
  }
  if (!Array.isArray(merges)) throw corrupt("its merges are not a list");
  if (!Array.isArray(added) || !added.every(isAdded)) {
    throw corrupt("its added tokens are not a list of texts with ids");
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
  return new BgeError("MODEL_CORRUPT", `tokenizer.json cannot be used: ${problem}. Download it again.`);
}

/** A model's tokens by id, and by text if its file assigns ids. */
export interface Vocabulary {
  /** Tokens by id, added tokens included. There may be gaps. */
  readonly tokens: readonly (string | undefined)[];
  /** Ids by token, without added tokens. Empty for Unigram, whose tokens are listed in order. */
  readonly ids: ReadonlyMap<string, number>;
}

/** Reads and checks a vocabulary in one pass, because this takes most of the time of opening a tokenizer. */
export function readVocabulary({ vocab }: ModelStep, added: readonly AddedToken[]): Vocabulary {
  const tokens: (string | undefined)[] = [];
  const ids = new Map<string, number>();
  if (Array.isArray(vocab)) {
    for (const entry of vocab as readonly unknown[]) {
      if (!isScored(entry)) throw corrupt("its vocabulary has an entry that is not a token with a score");
      tokens.push(entry[0]);
    }
  } else {
    if (!isRecord(vocab)) throw noIds();
    // Object.keys, because Object.entries takes three times as long.
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
  return corrupt(`its vocabulary does not assign each token an id from 0 to ${IDS - 1}`);
}

function isScored(entry: unknown): entry is readonly [string, number] {
  return Array.isArray(entry) && typeof entry[0] === "string" && Number.isFinite(entry[1]);
}
