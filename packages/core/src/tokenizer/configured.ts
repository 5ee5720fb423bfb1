import { BgeError } from "../api/errors.js";
import type { Architecture } from "../api/model.js";
import type { NormalizerStep, TokenizerJson } from "./tokenizer-json.js";
import { checkTokenizerJson } from "./tokenizer-json.js";

/** The fields of `tokenizer_config.json`, apart from the special tokens, that change a text's ids. */
interface TokenizerConfig {
  readonly tokenizer_class?: unknown;
  readonly do_lower_case?: unknown;
  readonly strip_accents?: unknown;
  readonly tokenize_chinese_chars?: unknown;
  readonly truncation_side?: unknown;
  readonly split_special_tokens?: unknown;
}

/**
 * Returns `tokenizer.json` as transformers and sentence-transformers use it: with the normalizer that
 * `tokenizer_config.json` asks for, preceded by lowercasing if sentence-transformers' settings ask for it. The
 * truncation length and padding in `tokenizer.json` are those of whoever saved it, and are ignored; truncation on the
 * left would matter, and is rejected.
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
  if (String(side).toLowerCase() !== "right")
    throw refusal(`truncates long texts on the ${String(side).toLowerCase()}`);
  if (config.split_special_tokens === true) throw refusal("splits special tokens (split_special_tokens)");
  const own = isBert(config, architecture) ? bertNormalizer(json.normalizer, config) : json.normalizer;
  if (!lowerCase || hasLowercase(own)) return { ...json, normalizer: own ?? null };
  const steps = own == null ? [] : own.type === "Sequence" ? (own.normalizers ?? []) : [own];
  return { ...json, normalizer: { type: "Sequence", normalizers: [{ type: "Lowercase" }, ...steps] } };
}

/**
 * True for transformers' BertTokenizer, the default for BERT, whose own settings override those of `tokenizer.json`.
 */
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

/**
 * Checks as sentence-transformers does: a lowercasing BertNormalizer does not count, and gets a Lowercase step in
 * front.
 */
function hasLowercase(step: NormalizerStep | null | undefined): boolean {
  if (step?.type === "Sequence") return (step.normalizers ?? []).some(({ type }) => type === "Lowercase");
  return step?.type === "Lowercase";
}

function refusal(what: string): BgeError {
  return new BgeError(
    "UNSUPPORTED_MODEL",
    `According to tokenizer_config.json or tokenizer.json, the tokenizer ${what}, which this release does not support.`,
  );
}
