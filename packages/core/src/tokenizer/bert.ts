import { DROPPED, HAN, MARKS, PUNCTUATION, SPACE } from "./character-classes.js";
import { orderMarks } from "./nfc.js";
import { inParts } from "./parts.js";

interface BertOptions {
  readonly clean_text?: boolean;
  readonly handle_chinese_chars?: boolean;
  readonly strip_accents?: boolean | null;
  readonly lowercase?: boolean;
}

const BLANK = new RegExp(`[${SPACE}]`, "gu");
const HAN_CHARACTER = new RegExp(`[${HAN}]`, "gu");
// Bounded, because regular expressions fail on runs of some million characters.
/** Includes lone surrogates, which a Rust string cannot hold. */
const DROP = new RegExp(`[${DROPPED}\\ud800-\\udfff]{1,1000}`, "gu");
const ACCENTS = new RegExp(`[${MARKS}]{1,1000}`, "gu");
const BERT_WORD = new RegExp(`[^${SPACE}${PUNCTUATION}]{1,1000}|([${PUNCTUATION}])`, "gu");
const ANY_BLANK = new RegExp(`[${SPACE}]`, "u");
/** Every white space character is one UTF-16 unit. */
const ONE_BLANK = new RegExp(`^[${SPACE}]$`, "u");

/** BertNormalizer in Rust's order: clean, put spaces around Han, strip accents, lowercase. */
export function bertNormalize(options: BertOptions): (text: string) => string {
  const { clean_text: clean = true, handle_chinese_chars: han = true, lowercase = true } = options;
  const stripAccents = options.strip_accents ?? lowercase;
  const normalize = (text: string) => {
    let result = text;
    if (clean) result = result.replace(DROP, "").replace(BLANK, " ");
    if (han) result = result.replace(HAN_CHARACTER, " $& ");
    if (stripAccents) result = orderMarks(result).normalize("NFD").replace(ACCENTS, "");
    return lowercase ? lowerCase(result) : result;
  };
  return (text) => inParts(text, normalize);
}

/** Lowercases character by character: Rust has no special case for the final sigma. */
export function lowerCase(text: string): string {
  return text.replaceAll("Σ", "σ").toLowerCase();
}

/** BertPreTokenizer: yields words, and each punctuation mark on its own. */
export function* bertWords(text: string): Generator<string, void, undefined> {
  let start = 0;
  let end = 0;
  for (const { 0: found, 1: mark, index } of text.matchAll(BERT_WORD)) {
    // The word continues where the longest match ended.
    const joins = start < end && index === end && mark === undefined;
    if (!joins) {
      if (start < end) yield text.slice(start, end);
      start = index;
    }
    end = index + found.length;
    if (mark === undefined) continue;
    yield mark;
    start = end;
  }
  if (start < end) yield text.slice(start, end);
}

/** WhitespaceSplit: returns the words between white space. */
export function words(text: string): string[] {
  return text.split(ANY_BLANK).filter((word) => word !== "");
}

/** Strip. Uses a loop, because a pattern that ends in `+$` takes quadratic time on long runs of spaces. */
export function strip(options: {
  readonly strip_left?: boolean;
  readonly strip_right?: boolean;
}): (text: string) => string {
  const { strip_left: left = true, strip_right: right = true } = options;
  return (text) => {
    let start = 0;
    let end = text.length;
    while (left && start < end && ONE_BLANK.test(text[start]!)) start++;
    while (right && end > start && ONE_BLANK.test(text[end - 1]!)) end--;
    return text.slice(start, end);
  };
}
