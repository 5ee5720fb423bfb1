import { BgeError } from "../api/errors.js";
import type { Architecture } from "../api/model.js";
import type { NormalizerStep, TokenizerJson } from "./tokenizer-json.js";
import { checkTokenizerJson } from "./tokenizer-json.js";

/** What `tokenizer_config.json` says beside the special tokens, as far as it changes the ids of a text. */
interface TokenizerConfig {
  readonly tokenizer_class?: unknown;
  readonly do_lower_case?: unknown;
  readonly strip_accents?: unknown;
  readonly tokenize_chinese_chars?: unknown;
  readonly truncation_side?: unknown;
  readonly split_special_tokens?: unknown;
}

/**
 * `tokenizer.json` as transformers and sentence-transformers use it: with the normalizer that `tokenizer_config.json` asks for, and in
 * front of it the lower case of sentence-transformers' settings. The length at which `tokenizer.json` cuts, and its padding, are
 * those of whoever saved it, and count nowhere; that texts are cut on the left does, and is refused.
 *
 * @throws BgeError `UNSUPPORTED_MODEL`, `MODEL_CORRUPT`
 */
export function configured(
  tokenizerJson: object,
  config: TokenizerConfig,
  { architecture, lowerCase }: { readonly architecture: Architecture; readonly lowerCase: boolean },
): TokenizerJson {
  const json = checkTokenizerJson(tokenizerJson);
  const { truncation } = tokenizerJson as { readonly truncation?: { readonly direction?: unknown } | null };
  const side = config.truncation_side ?? truncation?.direction ?? "right";
  if (String(side).toLowerCase() !== "right") throw refusal(`cuts long texts on the ${String(side).toLowerCase()}`);
  if (config.split_special_tokens === true) throw refusal("splits special tokens (split_special_tokens)");
  const own = isBert(config, architecture) ? bertNormalizer(json.normalizer, config) : json.normalizer;
  if (!lowerCase || hasLowercase(own)) return { ...json, normalizer: own ?? null };
  const steps = own == null ? [] : own.type === "Sequence" ? (own.normalizers ?? []) : [own];
  return { ...json, normalizer: { type: "Sequence", normalizers: [{ type: "Lowercase" }, ...steps] } };
}

/** transformers' BertTokenizer, which a BERT has where nothing else is said, takes its own settings over those of `tokenizer.json`. */
function isBert({ tokenizer_class: name }: TokenizerConfig, architecture: Architecture): boolean {
  return name === undefined || name === null
    ? architecture === "bert"
    : name === "BertTokenizer" || name === "BertTokenizerFast";
}

function bertNormalizer(step: NormalizerStep | null | undefined, config: TokenizerConfig): typeof step {
  if (step?.type !== "BertNormalizer") return step;
  const { do_lower_case = true, tokenize_chinese_chars = true, strip_accents = null } = config;
  return {
    ...step,
    lowercase: do_lower_case === true,
    handle_chinese_chars: tokenize_chinese_chars === true,
    strip_accents: typeof strip_accents === "boolean" ? strip_accents : null,
  };
}

/** As sentence-transformers looks for it: a BertNormalizer that puts into lower case is none, and gets one in front. */
function hasLowercase(step: NormalizerStep | null | undefined): boolean {
  if (step?.type === "Sequence") return (step.normalizers ?? []).some(({ type }) => type === "Lowercase");
  return step?.type === "Lowercase";
}

function refusal(what: string): BgeError {
  return new BgeError(
    "UNSUPPORTED_MODEL",
    `The tokenizer ${what}, by tokenizer_config.json or tokenizer.json: this release cannot.`,
  );
}
